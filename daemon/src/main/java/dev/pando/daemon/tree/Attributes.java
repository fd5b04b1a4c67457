package dev.pando.daemon.tree;

/**
 * The attributes of an inode, as a buffer that is filled and read by one thread and used again: the
 * getattr path allocates nothing.
 */
public final class Attributes {
  /** The inode number. */
  public long node;

  /** Size in bytes. */
  public long sizeBytes;

  /** Allocated space in units of 512 bytes, as st_blocks. */
  public long sectors;

  /** Type and permission bits, as st_mode. */
  public int mode;

  public int linkCount;
  public int userId;
  public int groupId;

  /** For device nodes: st_rdev in the kernel's 32-bit encoding. */
  public int device;

  public long accessSeconds;
  public int accessNanos;
  public long modifySeconds;
  public int modifyNanos;
  public long changeSeconds;
  public int changeNanos;
  public long birthSeconds;
  public int birthNanos;
}
