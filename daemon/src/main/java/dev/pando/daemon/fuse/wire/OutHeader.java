package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_out_header}: what every reply and notification begins with. */
public final class OutHeader extends Struct {
  public static final int BYTES = 16;

  static final int LENGTH_BYTES = 0;
  static final int ERROR = 4;
  static final int UNIQUE = 8;

  public OutHeader(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public void lengthBytes(int value) {
    u32(LENGTH_BYTES, value);
  }

  public void error(int value) {
    u32(ERROR, value);
  }

  public void unique(long value) {
    u64(UNIQUE, value);
  }
}
