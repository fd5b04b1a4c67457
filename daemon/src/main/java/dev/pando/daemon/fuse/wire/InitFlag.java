package dev.pando.daemon.fuse.wire;

/**
 * The flags of INIT that Pando asks for, with their bits in {@code flags2 << 32 | flags}, and why.
 * What is left out is left out on purpose: POSIX_LOCKS and FLOCK_LOCKS (the kernel keeps QEMU's OFD
 * locks right by itself), WRITEBACK_CACHE (dirty pages would outlive a clone's instant),
 * AUTO_INVAL_DATA (all changes go through the daemon), NO_OPENDIR_SUPPORT (an OPENDIR that is never
 * sent makes the kernel keep listings, which an invalidated name does not drop), SETXATTR_EXT.
 */
public enum InitFlag {
  /** Several reads of a file at once. */
  ASYNC_READ(0),
  /** OPEN does what O_TRUNC asks. */
  ATOMIC_O_TRUNC(3),
  /** Without it every WRITE is 4 KiB. */
  BIG_WRITES(5),
  DO_READDIRPLUS(13),
  /** READDIRPLUS only where attributes are likely to be asked for. */
  READDIRPLUS_AUTO(14),
  /** Without it asynchronous direct I/O runs at depth 1. */
  ASYNC_DIO(15),
  /** Lookups and readings of one directory at once. */
  PARALLEL_DIROPS(18),
  /** An aborted connection reads ECONNABORTED: a clean end, told from an unmount. */
  ABORT_ERROR(21),
  /** Requests of more than 128 KiB. */
  MAX_PAGES(22),
  CACHE_SYMLINKS(23),
  /** Only a notification drops cached pages. */
  EXPLICIT_INVAL_DATA(25),
  /** No GETXATTR of security.capability before each write; we clear privileges when told to. */
  HANDLE_KILLPRIV_V2(28),
  /** {@code flags2} counts. */
  INIT_EXT(30),
  /** MAP_SHARED on direct files. Linux 6.6. */
  DIRECT_IO_ALLOW_MMAP(36),
  /** No lookups of "." and "..". */
  NO_EXPORT_SUPPORT(38);

  private final long bit;

  InitFlag(int number) {
    bit = 1L << number;
  }

  /** The one bit of this flag. */
  public long bit() {
    return bit;
  }

  /** Whether {@code flags} has this flag. */
  public boolean in(long flags) {
    return (flags & bit) != 0;
  }
}
