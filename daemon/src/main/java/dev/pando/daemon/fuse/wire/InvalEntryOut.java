package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_notify_inval_entry_out}: the name and a NUL follow. */
public final class InvalEntryOut extends Struct {
  public static final int BYTES = 16;

  static final int PARENT = 0;
  static final int NAME_BYTES = 8;
  static final int FLAGS = 12;

  public InvalEntryOut(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public void parent(long value) {
    u64(PARENT, value);
  }

  public void nameBytes(int value) {
    u32(NAME_BYTES, value);
  }

  public void flags(int value) {
    u32(FLAGS, value);
  }
}
