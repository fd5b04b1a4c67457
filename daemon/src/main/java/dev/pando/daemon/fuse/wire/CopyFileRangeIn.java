package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_copy_file_range_in}. */
public final class CopyFileRangeIn extends Struct {
  public static final int BYTES = 56;

  static final int FILE_HANDLE_IN = 0;
  static final int OFFSET_IN = 8;
  static final int NODE_OUT = 16;
  static final int FILE_HANDLE_OUT = 24;
  static final int OFFSET_OUT = 32;
  static final int LENGTH_BYTES = 40;
  static final int FLAGS = 48;

  public CopyFileRangeIn(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public long fileHandleIn() {
    return u64(FILE_HANDLE_IN);
  }

  public long offsetIn() {
    return u64(OFFSET_IN);
  }

  public long nodeOut() {
    return u64(NODE_OUT);
  }

  public long fileHandleOut() {
    return u64(FILE_HANDLE_OUT);
  }

  public long offsetOut() {
    return u64(OFFSET_OUT);
  }

  public long lengthBytes() {
    return u64(LENGTH_BYTES);
  }

  public long flags() {
    return u64(FLAGS);
  }
}
