package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_mkdir_in}: the name follows. */
public final class MkdirIn extends Struct {
  public static final int BYTES = 8;

  static final int MODE = 0;
  static final int UMASK = 4;

  public MkdirIn(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public int mode() {
    return u32(MODE);
  }

  public int umask() {
    return u32(UMASK);
  }
}
