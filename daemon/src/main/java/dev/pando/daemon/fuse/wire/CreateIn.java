package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_create_in}: the name follows. */
public final class CreateIn extends Struct {
  public static final int BYTES = 16;

  static final int FLAGS = 0;
  static final int MODE = 4;
  static final int UMASK = 8;
  static final int OPEN_FLAGS = 12;

  public CreateIn(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public int flags() {
    return u32(FLAGS);
  }

  public int mode() {
    return u32(MODE);
  }

  public int umask() {
    return u32(UMASK);
  }

  public int openFlags() {
    return u32(OPEN_FLAGS);
  }
}
