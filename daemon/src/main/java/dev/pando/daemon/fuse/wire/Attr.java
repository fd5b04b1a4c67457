package dev.pando.daemon.fuse.wire;

import dev.pando.daemon.tree.Attributes;
import java.nio.ByteBuffer;

/**
 * {@code struct fuse_attr}: the attributes of an inode, within {@link EntryOut}, {@link AttrOut}.
 */
public final class Attr extends Struct {
  public static final int BYTES = 88;

  static final int INO = 0;
  static final int SIZE = 8;
  static final int BLOCKS = 16;
  static final int ATIME = 24;
  static final int MTIME = 32;
  static final int CTIME = 40;
  static final int ATIME_NSEC = 48;
  static final int MTIME_NSEC = 52;
  static final int CTIME_NSEC = 56;
  static final int MODE = 60;
  static final int NLINK = 64;
  static final int UID = 68;
  static final int GID = 72;
  static final int RDEV = 76;
  static final int BLKSIZE = 80;
  static final int FLAGS = 84;

  /** What st_blksize says: the unit of mapping. */
  static final int BLOCK_BYTES = 4096;

  Attr(ByteBuffer memory, int base) {
    super(memory, base);
  }

  void set(Attributes attributes) {
    u64(INO, attributes.node);
    u64(SIZE, attributes.sizeBytes);
    u64(BLOCKS, attributes.sectors);
    u64(ATIME, attributes.accessSeconds);
    u64(MTIME, attributes.modifySeconds);
    u64(CTIME, attributes.changeSeconds);
    u32(ATIME_NSEC, attributes.accessNanos);
    u32(MTIME_NSEC, attributes.modifyNanos);
    u32(CTIME_NSEC, attributes.changeNanos);
    u32(MODE, attributes.mode);
    u32(NLINK, attributes.linkCount);
    u32(UID, attributes.userId);
    u32(GID, attributes.groupId);
    u32(RDEV, attributes.device);
    u32(BLKSIZE, BLOCK_BYTES);
    u32(FLAGS, 0);
  }
}
