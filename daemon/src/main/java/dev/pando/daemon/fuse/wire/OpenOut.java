package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_open_out}. */
public final class OpenOut extends Struct {
  public static final int BYTES = 16;

  static final int FILE_HANDLE = 0;
  static final int OPEN_FLAGS = 8;
  static final int BACKING_ID = 12;

  public OpenOut(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public void fileHandle(long value) {
    u64(FILE_HANDLE, value);
  }

  public void openFlags(int value) {
    u32(OPEN_FLAGS, value);
  }

  public void backingId(int value) {
    u32(BACKING_ID, value);
  }
}
