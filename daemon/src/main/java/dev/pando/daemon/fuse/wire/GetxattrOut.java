package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_getxattr_out}: how long the value is, for who asked with no room. */
public final class GetxattrOut extends Struct {
  public static final int BYTES = 8;

  static final int SIZE_BYTES = 0;
  static final int PADDING = 4;

  public GetxattrOut(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public void sizeBytes(int value) {
    u32(SIZE_BYTES, value);
  }

  public void padding(int value) {
    u32(PADDING, value);
  }
}
