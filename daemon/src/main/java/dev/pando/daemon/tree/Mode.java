package dev.pando.daemon.tree;

/** The bits of st_mode (linux/stat.h) this file system looks at. */
public final class Mode {
  public static final int TYPE_MASK = 0170000;
  public static final int SOCKET = 0140000;
  public static final int SYMLINK = 0120000;
  public static final int REGULAR = 0100000;
  public static final int BLOCK_DEVICE = 0060000;
  public static final int DIRECTORY = 0040000;
  public static final int CHARACTER_DEVICE = 0020000;
  public static final int FIFO = 0010000;
  public static final int SET_USER_ID = 04000;
  public static final int SET_GROUP_ID = 02000;
  public static final int GROUP_EXECUTE = 0010;

  /** All bits that chmod(2) may set. */
  public static final int PERMISSIONS = 07777;

  private Mode() {}

  public static boolean isRegular(int mode) {
    return (mode & TYPE_MASK) == REGULAR;
  }

  public static boolean isDirectory(int mode) {
    return (mode & TYPE_MASK) == DIRECTORY;
  }

  public static boolean isSymlink(int mode) {
    return (mode & TYPE_MASK) == SYMLINK;
  }

  /** Whether a file of this mode has a set-id bit. A directory's are no privileges. */
  public static boolean hasSetId(int mode) {
    return (mode & (SET_USER_ID | SET_GROUP_ID)) != 0 && !isDirectory(mode);
  }
}
