package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_link_in}: the new name follows. */
public final class LinkIn extends Struct {
  public static final int BYTES = 8;

  static final int OLD_NODE = 0;

  public LinkIn(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public long oldNode() {
    return u64(OLD_NODE);
  }
}
