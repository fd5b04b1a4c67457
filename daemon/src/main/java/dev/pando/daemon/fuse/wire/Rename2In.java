package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_rename2_in}: the old and the new name follow. */
public final class Rename2In extends Struct {
  public static final int BYTES = 16;

  static final int NEW_PARENT = 0;
  static final int FLAGS = 8;

  public Rename2In(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public long newParent() {
    return u64(NEW_PARENT);
  }

  public int flags() {
    return u32(FLAGS);
  }
}
