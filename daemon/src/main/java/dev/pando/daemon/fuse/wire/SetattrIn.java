package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_setattr_in}: truncate, chmod, chown and utimens in one. */
public final class SetattrIn extends Struct {
  public static final int BYTES = 88;

  static final int VALID = 0;
  static final int FILE_HANDLE = 8;
  static final int SIZE_BYTES = 16;
  static final int ACCESS_SECONDS = 32;
  static final int MODIFY_SECONDS = 40;
  static final int CHANGE_SECONDS = 48;
  static final int ACCESS_NANOS = 56;
  static final int MODIFY_NANOS = 60;
  static final int CHANGE_NANOS = 64;
  static final int MODE = 68;
  static final int USER_ID = 76;
  static final int GROUP_ID = 80;

  public SetattrIn(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public int valid() {
    return u32(VALID);
  }

  public long fileHandle() {
    return u64(FILE_HANDLE);
  }

  public long sizeBytes() {
    return u64(SIZE_BYTES);
  }

  public long accessSeconds() {
    return u64(ACCESS_SECONDS);
  }

  public long modifySeconds() {
    return u64(MODIFY_SECONDS);
  }

  public long changeSeconds() {
    return u64(CHANGE_SECONDS);
  }

  public int accessNanos() {
    return u32(ACCESS_NANOS);
  }

  public int modifyNanos() {
    return u32(MODIFY_NANOS);
  }

  public int changeNanos() {
    return u32(CHANGE_NANOS);
  }

  public int mode() {
    return u32(MODE);
  }

  public int userId() {
    return u32(USER_ID);
  }

  public int groupId() {
    return u32(GROUP_ID);
  }
}
