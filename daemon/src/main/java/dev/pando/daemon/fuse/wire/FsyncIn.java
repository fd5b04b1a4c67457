package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_fsync_in}. */
public final class FsyncIn extends Struct {
  public static final int BYTES = 16;

  static final int FILE_HANDLE = 0;
  static final int FLAGS = 8;

  public FsyncIn(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public long fileHandle() {
    return u64(FILE_HANDLE);
  }

  public int flags() {
    return u32(FLAGS);
  }
}
