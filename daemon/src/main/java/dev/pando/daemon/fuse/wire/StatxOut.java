package dev.pando.daemon.fuse.wire;

import dev.pando.daemon.tree.Attributes;
import java.nio.ByteBuffer;

/**
 * {@code struct fuse_statx_out} with its {@code struct fuse_statx}: attributes with a birth time.
 */
public final class StatxOut extends Struct {
  public static final int BYTES = 288;

  /** STATX_BASIC_STATS and STATX_BTIME of statx(2). */
  static final int MASK_FILLED = 0x07ff | 0x0800;

  static final int ATTR_VALID = 0;
  static final int ATTR_VALID_NSEC = 8;
  static final int STAT = 32;
  static final int MASK = STAT;
  static final int BLKSIZE = STAT + 4;
  static final int NLINK = STAT + 16;
  static final int UID = STAT + 20;
  static final int GID = STAT + 24;
  static final int MODE = STAT + 28;
  static final int INO = STAT + 32;
  static final int SIZE = STAT + 40;
  static final int BLOCKS = STAT + 48;
  static final int ATIME = STAT + 64;
  static final int BTIME = STAT + 80;
  static final int CTIME = STAT + 96;
  static final int MTIME = STAT + 112;
  static final int RDEV_MAJOR = STAT + 128;
  static final int RDEV_MINOR = STAT + 132;

  public StatxOut(ByteBuffer memory, int base) {
    super(memory, base);
  }

  /** Fills the whole struct. */
  public void set(Attributes attributes, long validSeconds, int validNanos) {
    clear(BYTES);
    u64(ATTR_VALID, validSeconds);
    u32(ATTR_VALID_NSEC, validNanos);
    u32(MASK, MASK_FILLED);
    u32(BLKSIZE, Attr.BLOCK_BYTES);
    u32(NLINK, attributes.linkCount);
    u32(UID, attributes.userId);
    u32(GID, attributes.groupId);
    u16(MODE, attributes.mode);
    u64(INO, attributes.node);
    u64(SIZE, attributes.sizeBytes);
    u64(BLOCKS, attributes.sectors);
    time(ATIME, attributes.accessSeconds, attributes.accessNanos);
    time(BTIME, attributes.birthSeconds, attributes.birthNanos);
    time(CTIME, attributes.changeSeconds, attributes.changeNanos);
    time(MTIME, attributes.modifySeconds, attributes.modifyNanos);
    u32(RDEV_MAJOR, major(attributes.device));
    u32(RDEV_MINOR, minor(attributes.device));
  }

  /** {@code struct fuse_sx_time}. */
  private void time(int offset, long seconds, int nanos) {
    u64(offset, seconds);
    u32(offset + Long.BYTES, nanos);
  }

  /** As the kernel's new_decode_dev(): minor 0-7 and 20-31, major 8-19. */
  private static int major(int device) {
    return (device & 0xfff00) >>> 8;
  }

  private static int minor(int device) {
    return (device & 0xff) | ((device >>> 12) & 0xfff00);
  }
}
