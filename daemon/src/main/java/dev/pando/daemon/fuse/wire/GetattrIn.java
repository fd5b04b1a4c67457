package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_getattr_in}. */
public final class GetattrIn extends Struct {
  public static final int BYTES = 16;

  static final int FLAGS = 0;
  static final int FILE_HANDLE = 8;

  public GetattrIn(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public int flags() {
    return u32(FLAGS);
  }

  public long fileHandle() {
    return u64(FILE_HANDLE);
  }
}
