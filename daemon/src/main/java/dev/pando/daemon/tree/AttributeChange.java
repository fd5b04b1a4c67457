package dev.pando.daemon.tree;

/**
 * Which attributes of an inode to change, and to what: a buffer that is filled and read by one
 * thread and used again. The bits of {@link #valid} are those of the FUSE protocol (FATTR_*).
 */
public final class AttributeChange {
  public static final int MODE = 1;
  public static final int UID = 1 << 1;
  public static final int GID = 1 << 2;
  public static final int SIZE = 1 << 3;
  public static final int ATIME = 1 << 4;
  public static final int MTIME = 1 << 5;
  public static final int ATIME_NOW = 1 << 7;
  public static final int MTIME_NOW = 1 << 8;
  public static final int CTIME = 1 << 10;

  /**
   * Clear the set-user-id bit, and the set-group-id bit where the group may execute or {@link
   * #caller} is not in it, and take the capabilities; not those of a directory.
   */
  public static final int KILL_SUIDGID = 1 << 11;

  /** Take the file's capabilities; no bit of the protocol's. */
  public static final int KILL_CAPABILITY = 1 << 30;

  /** Which fields count: a set of the bits above. */
  public int valid;

  /** Who asks; matters where set-id bits are to be cleared. */
  public Caller caller = Caller.STRANGER;

  /** The open file through which ftruncate(2) came, or null. */
  public OpenFile openFile;

  public long sizeBytes;
  public int mode;
  public int userId;
  public int groupId;
  public long accessSeconds;
  public int accessNanos;
  public long modifySeconds;
  public int modifyNanos;
  public long changeSeconds;
  public int changeNanos;

  /** Whether any of {@code bits} is to be changed. */
  public boolean has(int bits) {
    return (valid & bits) != 0;
  }
}
