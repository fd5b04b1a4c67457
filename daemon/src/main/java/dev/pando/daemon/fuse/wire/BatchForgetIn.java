package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_batch_forget_in} and the array of {@code struct fuse_forget_one} after it. */
public final class BatchForgetIn extends Struct {
  public static final int BYTES = 8;
  public static final int ONE_BYTES = 16;

  static final int COUNT = 0;
  static final int NODE = 0;

  public BatchForgetIn(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public int count() {
    return u32(COUNT);
  }

  /** The node of the entry {@code index}, from 0. */
  public long node(int index) {
    return u64(BYTES + index * ONE_BYTES + NODE);
  }
}
