package dev.pando.daemon.fuse.wire;

import dev.pando.daemon.tree.Attributes;
import java.nio.ByteBuffer;

/** {@code struct fuse_entry_out}: a name that was found or made, and its inode. */
public final class EntryOut extends Struct {
  public static final int BYTES = 128;

  static final int NODEID = 0;
  static final int GENERATION = 8;
  static final int ENTRY_VALID = 16;
  static final int ATTR_VALID = 24;
  static final int ENTRY_VALID_NSEC = 32;
  static final int ATTR_VALID_NSEC = 36;
  static final int ATTR = 40;

  private final Attr attr;

  public EntryOut(ByteBuffer memory, int base) {
    super(memory, base);
    attr = new Attr(memory, base + ATTR);
  }

  @Override
  public void moveTo(int newBase) {
    super.moveTo(newBase);
    attr.moveTo(newBase + ATTR);
  }

  /** Fills all but the times of validity. Inode numbers are never reused: generation is 0. */
  public void set(Attributes attributes) {
    u64(NODEID, attributes.node);
    u64(GENERATION, 0);
    attr.set(attributes);
  }

  /** There is no such name: with a time of validity, the kernel remembers that too. */
  public void absent() {
    clear(BYTES);
  }

  /** How long the kernel may believe the name and the attributes. */
  public void valid(long entrySeconds, int entryNanos, long attrSeconds, int attrNanos) {
    u64(ENTRY_VALID, entrySeconds);
    u32(ENTRY_VALID_NSEC, entryNanos);
    u64(ATTR_VALID, attrSeconds);
    u32(ATTR_VALID_NSEC, attrNanos);
  }
}
