package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_mknod_in}: the name follows. */
public final class MknodIn extends Struct {
  public static final int BYTES = 16;

  static final int MODE = 0;
  static final int DEVICE = 4;
  static final int UMASK = 8;

  public MknodIn(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public int mode() {
    return u32(MODE);
  }

  public int device() {
    return u32(DEVICE);
  }

  public int umask() {
    return u32(UMASK);
  }
}
