package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/**
 * {@code struct fuse_setxattr_in}: as it is without SETXATTR_EXT; the name and the value follow.
 */
public final class SetxattrIn extends Struct {
  public static final int BYTES = 8;

  static final int SIZE_BYTES = 0;
  static final int FLAGS = 4;

  public SetxattrIn(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public int sizeBytes() {
    return u32(SIZE_BYTES);
  }

  public int flags() {
    return u32(FLAGS);
  }
}
