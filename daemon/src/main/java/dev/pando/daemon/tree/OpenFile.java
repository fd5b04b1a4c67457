package dev.pando.daemon.tree;

/**
 * An open regular file. Data moves straight between the block store and native memory: addresses
 * are native addresses of at least {@code length} bytes.
 *
 * <p>Any number of threads may use one open file at once. Each method throws {@link ErrnoException}
 * with the exact errno: EBADF when the open mode does not allow it, EROFS once the file is frozen.
 */
public interface OpenFile {
  int SEEK_DATA = 3;
  int SEEK_HOLE = 4;
  int FALLOC_KEEP_SIZE = 0x01;
  int FALLOC_PUNCH_HOLE = 0x02;
  int FALLOC_ZERO_RANGE = 0x10;

  /** The inode number. */
  long node();

  /**
   * The process that is on record as having it open: the whole process, not the thread that asked;
   * 0 if none is.
   */
  default int processId() {
    return 0;
  }

  /**
   * Whether the kernel must keep no pages of this file: true for disk images. It is a property of
   * the inode, the same for every opener.
   */
  boolean isDirect();

  /**
   * Reads up to {@code length} bytes at {@code offset} into native memory at {@code address};
   * returns how many, 0 at and past the end of the file.
   */
  int read(long offset, long address, int length) throws ErrnoException;

  /**
   * Writes {@code length} bytes from native memory at {@code address}; returns how many were
   * written, which is all of them unless space, or the largest size a file can have, ran out in the
   * middle. A write that must be durable before its caller is answered (O_DSYNC) is followed by a
   * {@link #sync} by the transport.
   */
  int write(long offset, long address, int length) throws ErrnoException;

  /** What {@link #writeNow} returns when there is no space now, and some may come back. */
  int NO_SPACE_NOW = -1;

  /**
   * As {@link #write}, but does not wait for space; returns {@link #NO_SPACE_NOW} where {@link
   * #write} would.
   */
  default int writeNow(long offset, long address, int length) throws ErrnoException {
    return write(offset, address, length);
  }

  /** Waits for space that is on its way back, for some seconds at most. */
  default void awaitSpace() throws ErrnoException {}

  /**
   * Makes what was written before this call durable and then calls {@code done}, from any thread,
   * possibly before returning. Does not block the caller for the disk.
   *
   * @param dataOnly as fdatasync(2): times need not be durable
   */
  void sync(boolean dataOnly, Completion done);

  /** As fallocate(2); EOPNOTSUPP for modes this file system does not have. */
  void allocate(int mode, long offset, long length) throws ErrnoException;

  /** As lseek(2) with {@link #SEEK_DATA} or {@link #SEEK_HOLE}; ENXIO past the last data. */
  long seek(long offset, int whence) throws ErrnoException;

  /** As copy_file_range(2), sharing blocks where it can; returns how many bytes were copied. */
  long copyRange(long offset, OpenFile target, long targetOffset, long length)
      throws ErrnoException;

  /** The last close: the open file must not be used again. */
  void release();
}
