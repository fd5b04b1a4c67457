package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_write_out}: also of COPY_FILE_RANGE. */
public final class WriteOut extends Struct {
  public static final int BYTES = 8;

  static final int SIZE_BYTES = 0;
  static final int PADDING = 4;

  public WriteOut(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public void sizeBytes(int value) {
    u32(SIZE_BYTES, value);
  }

  public void padding(int value) {
    u32(PADDING, value);
  }
}
