package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_statx_in}. */
public final class StatxIn extends Struct {
  public static final int BYTES = 24;

  static final int GETATTR_FLAGS = 0;
  static final int FILE_HANDLE = 8;
  static final int FLAGS = 16;
  static final int MASK = 20;

  public StatxIn(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public int getattrFlags() {
    return u32(GETATTR_FLAGS);
  }

  public long fileHandle() {
    return u64(FILE_HANDLE);
  }

  public int flags() {
    return u32(FLAGS);
  }

  public int mask() {
    return u32(MASK);
  }
}
