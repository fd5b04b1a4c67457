package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_copy_file_range_out}: of COPY_FILE_RANGE_64. */
public final class CopyFileRangeOut extends Struct {
  public static final int BYTES = 8;

  static final int BYTES_COPIED = 0;

  public CopyFileRangeOut(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public void bytesCopied(long value) {
    u64(BYTES_COPIED, value);
  }
}
