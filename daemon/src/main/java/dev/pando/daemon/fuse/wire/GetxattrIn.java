package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_getxattr_in}: also of LISTXATTR; for GETXATTR the name follows. */
public final class GetxattrIn extends Struct {
  public static final int BYTES = 8;

  static final int SIZE_BYTES = 0;

  public GetxattrIn(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public int sizeBytes() {
    return u32(SIZE_BYTES);
  }
}
