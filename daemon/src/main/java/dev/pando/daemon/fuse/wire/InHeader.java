package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_in_header}: what every request begins with. */
public final class InHeader extends Struct {
  public static final int BYTES = 40;

  static final int LENGTH_BYTES = 0;
  static final int OPCODE = 4;
  static final int UNIQUE = 8;
  static final int NODE = 16;
  static final int USER_ID = 24;
  static final int GROUP_ID = 28;
  static final int PROCESS_ID = 32;

  public InHeader(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public int lengthBytes() {
    return u32(LENGTH_BYTES);
  }

  public int opcode() {
    return u32(OPCODE);
  }

  public long unique() {
    return u64(UNIQUE);
  }

  public long node() {
    return u64(NODE);
  }

  public int userId() {
    return u32(USER_ID);
  }

  public int groupId() {
    return u32(GROUP_ID);
  }

  public int processId() {
    return u32(PROCESS_ID);
  }
}
