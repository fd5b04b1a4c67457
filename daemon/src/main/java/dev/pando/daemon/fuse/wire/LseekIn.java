package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_lseek_in}. */
public final class LseekIn extends Struct {
  public static final int BYTES = 24;

  static final int FILE_HANDLE = 0;
  static final int OFFSET = 8;
  static final int WHENCE = 16;

  public LseekIn(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public long fileHandle() {
    return u64(FILE_HANDLE);
  }

  public long offset() {
    return u64(OFFSET);
  }

  public int whence() {
    return u32(WHENCE);
  }
}
