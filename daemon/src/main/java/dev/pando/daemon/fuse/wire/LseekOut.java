package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_lseek_out}. */
public final class LseekOut extends Struct {
  public static final int BYTES = 8;

  static final int OFFSET = 0;

  public LseekOut(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public void offset(long value) {
    u64(OFFSET, value);
  }
}
