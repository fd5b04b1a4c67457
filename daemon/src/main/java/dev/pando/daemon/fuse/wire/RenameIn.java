package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_rename_in}: the old and the new name follow. */
public final class RenameIn extends Struct {
  public static final int BYTES = 8;

  static final int NEW_PARENT = 0;

  public RenameIn(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public long newParent() {
    return u64(NEW_PARENT);
  }
}
