package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_init_in}: what the kernel speaks and offers. */
public final class InitIn extends Struct {
  public static final int BYTES = 64;

  static final int MAJOR = 0;
  static final int MINOR = 4;
  static final int MAX_READAHEAD = 8;
  static final int FLAGS = 12;
  static final int FLAGS2 = 16;

  public InitIn(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public int major() {
    return u32(MAJOR);
  }

  public int minor() {
    return u32(MINOR);
  }

  public int maxReadahead() {
    return u32(MAX_READAHEAD);
  }

  public int flags() {
    return u32(FLAGS);
  }

  public int flags2() {
    return u32(FLAGS2);
  }
}
