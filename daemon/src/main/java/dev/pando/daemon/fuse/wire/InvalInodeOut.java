package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_notify_inval_inode_out}. */
public final class InvalInodeOut extends Struct {
  public static final int BYTES = 24;

  static final int NODE = 0;
  static final int OFFSET = 8;
  static final int LENGTH_BYTES = 16;

  public InvalInodeOut(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public void node(long value) {
    u64(NODE, value);
  }

  public void offset(long value) {
    u64(OFFSET, value);
  }

  public void lengthBytes(long value) {
    u64(LENGTH_BYTES, value);
  }
}
