package dev.pando.daemon.fuse.wire;

/** Numbers of the FUSE protocol that belong to no struct alone. */
public final class Protocol {
  public static final int MAJOR = 7;

  /** The newest minor version this package knows. */
  public static final int MINOR = 45;

  /** The oldest minor version the transport serves. */
  public static final int OLDEST_MINOR = 31;

  /** The largest payload of a READ or a WRITE, and the pages it makes. */
  public static final int MAX_PAYLOAD_BYTES = 1 << 20;

  public static final int MAX_PAGES = 256;

  /** {@code getattr_in.flags}: the file handle counts. */
  public static final int GETATTR_FH = 1;

  /** {@code setattr_in.valid}: the file handle counts. */
  public static final int FATTR_FH = 1 << 6;

  /** {@code open_in.open_flags} and {@code create_in.open_flags}: clear the suid and sgid bits. */
  public static final int OPEN_KILL_SUIDGID = 1;

  /** {@code write_in.write_flags}: clear the suid and sgid bits. */
  public static final int WRITE_KILL_SUIDGID = 1 << 2;

  /** {@code fsync_in.fsync_flags}: the data are enough. */
  public static final int FSYNC_FDATASYNC = 1;

  /** {@code open_out.open_flags}: the kernel keeps no pages of the file. */
  public static final int FOPEN_DIRECT_IO = 1;

  /** {@code open_out.open_flags}: the pages the kernel has are still good. */
  public static final int FOPEN_KEEP_CACHE = 1 << 1;

  /** {@code open_out.open_flags}: writers of one direct file need not take turns. Linux 6.2. */
  public static final int FOPEN_PARALLEL_DIRECT_WRITES = 1 << 6;

  /** {@code out_header.error} of a notification: drop an inode's attributes or pages. */
  public static final int NOTIFY_INVAL_INODE = 2;

  /** {@code out_header.error} of a notification: drop a name. */
  public static final int NOTIFY_INVAL_ENTRY = 3;

  private Protocol() {}
}
