package dev.pando.daemon.fuse.wire;

import dev.pando.daemon.tree.Attributes;
import java.nio.ByteBuffer;

/** {@code struct fuse_attr_out}: attributes, and how long the kernel may believe them. */
public final class AttrOut extends Struct {
  public static final int BYTES = 104;

  static final int ATTR_VALID = 0;
  static final int ATTR_VALID_NSEC = 8;
  static final int DUMMY = 12;
  static final int ATTR = 16;

  private final Attr attr;

  public AttrOut(ByteBuffer memory, int base) {
    super(memory, base);
    attr = new Attr(memory, base + ATTR);
  }

  /** Fills the whole struct. */
  public void set(Attributes attributes, long validSeconds, int validNanos) {
    u64(ATTR_VALID, validSeconds);
    u32(ATTR_VALID_NSEC, validNanos);
    u32(DUMMY, 0);
    attr.set(attributes);
  }
}
