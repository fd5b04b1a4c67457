package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_fallocate_in}. */
public final class FallocateIn extends Struct {
  public static final int BYTES = 32;

  static final int FILE_HANDLE = 0;
  static final int OFFSET = 8;
  static final int LENGTH_BYTES = 16;
  static final int MODE = 24;

  public FallocateIn(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public long fileHandle() {
    return u64(FILE_HANDLE);
  }

  public long offset() {
    return u64(OFFSET);
  }

  public long lengthBytes() {
    return u64(LENGTH_BYTES);
  }

  public int mode() {
    return u32(MODE);
  }
}
