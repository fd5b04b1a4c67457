package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_release_in}. */
public final class ReleaseIn extends Struct {
  public static final int BYTES = 24;

  static final int FILE_HANDLE = 0;
  static final int FLAGS = 8;

  public ReleaseIn(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public long fileHandle() {
    return u64(FILE_HANDLE);
  }

  public int flags() {
    return u32(FLAGS);
  }
}
