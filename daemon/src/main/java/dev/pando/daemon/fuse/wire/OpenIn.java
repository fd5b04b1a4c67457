package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_open_in}. */
public final class OpenIn extends Struct {
  public static final int BYTES = 8;

  static final int FLAGS = 0;
  static final int OPEN_FLAGS = 4;

  public OpenIn(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public int flags() {
    return u32(FLAGS);
  }

  public int openFlags() {
    return u32(OPEN_FLAGS);
  }
}
