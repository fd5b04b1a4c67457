package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_read_in}: also of READDIR and READDIRPLUS, whose offset is a cookie. */
public final class ReadIn extends Struct {
  public static final int BYTES = 40;

  static final int FILE_HANDLE = 0;
  static final int OFFSET = 8;
  static final int SIZE_BYTES = 16;
  static final int FLAGS = 32;

  public ReadIn(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public long fileHandle() {
    return u64(FILE_HANDLE);
  }

  public long offset() {
    return u64(OFFSET);
  }

  public int sizeBytes() {
    return u32(SIZE_BYTES);
  }

  public int flags() {
    return u32(FLAGS);
  }
}
