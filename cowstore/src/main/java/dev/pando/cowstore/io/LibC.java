package dev.pando.cowstore.io;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;
import jnr.ffi.types.off_t;
import jnr.ffi.types.size_t;
import jnr.ffi.types.ssize_t;
import jnr.ffi.types.u_int64_t;

/**
 * The system calls that the store needs. Addresses are passed as integers, so that a call allocates
 * nothing.
 */
public interface LibC {
  LibC CALLS = LibraryLoader.create(LibC.class).load("c");
  Runtime RUNTIME = Runtime.getRuntime(CALLS);

  int O_RDONLY = 0;
  int O_RDWR = 2;
  int O_CREAT = 0x40;
  int O_CLOEXEC = 0x80000;
  int FALLOC_FL_KEEP_SIZE = 1;
  int FALLOC_FL_PUNCH_HOLE = 2;

  /** SYNC_FILE_RANGE_WAIT_BEFORE, WRITE and WAIT_AFTER together. */
  int SYNC_FILE_RANGE_WRITE_AND_WAIT = 7;

  int POSIX_FADV_WILLNEED = 3;
  int POSIX_FADV_DONTNEED = 4;
  int SEEK_DATA = 3;
  int SEEK_HOLE = 4;
  int ENXIO = 6;
  int AT_FDCWD = -100;
  int STATX_BLOCKS = 0x400;

  /** The length of {@code struct statx}, and where stx_blocks stands in it. */
  int STATX_BYTES = 256;

  int STATX_BLOCKS_AT = 48;

  /** Since Linux 6.8; in the mask of the result if it was answered, and where that stands. */
  int STATX_MNT_ID_UNIQUE = 0x4000;

  int STATX_MASK_AT = 0;
  int STATX_MNT_ID_AT = 144;

  /**
   * The length of {@code struct statvfs} at most, and where in it f_frsize and f_bavail stand: both
   * are 64 bits wide where a long is.
   */
  int STATVFS_BYTES = 256;

  int STATVFS_FRSIZE_AT = 8;
  int STATVFS_BAVAIL_AT = 32;

  int PRIO_PROCESS = 0;

  int F_OFD_SETLK = 37;
  short F_WRLCK = 1;
  short F_UNLCK = 2;

  int EINTR = 4;
  int EINVAL = 22;
  int EAGAIN = 11;
  int EACCES = 13;

  int open(String path, int flags);

  /** With the mode of a file that O_CREAT makes. */
  int open(String path, int flags, int mode);

  int close(int fd);

  /** A call whose argument is an address. */
  int fcntl(int fd, int command, @u_int64_t long argument);

  @ssize_t
  long pread(int fd, @u_int64_t long address, @size_t long length, @off_t long offset);

  @ssize_t
  long pwrite(int fd, @u_int64_t long address, @size_t long length, @off_t long offset);

  @off_t
  long lseek(int fd, @off_t long offset, int whence);

  int fdatasync(int fd);

  /**
   * Since Linux 5.8 fails if the host could not write something of the file system back since the
   * descriptor was opened, or since it was last told so.
   */
  int syncfs(int fd);

  /** On Linux {@code who} 0 is the calling thread. */
  int getpriority(int which, int who);

  int setpriority(int which, int who, int niceness);

  int sync_file_range(int fd, @off_t long offset, @off_t long length, int flags);

  /** Returns the error, not -1. */
  int posix_fadvise(int fd, @off_t long offset, @off_t long length, int advice);

  int fallocate(int fd, int mode, @off_t long offset, @off_t long length);

  /** statx(2): its result has one layout on all architectures. */
  int statx(int directory, String path, int flags, int mask, @u_int64_t long result);

  /** statvfs(3). */
  int statvfs(String path, @u_int64_t long result);

  @u_int64_t
  long memset(@u_int64_t long address, int value, @size_t long length);

  int memcmp(@u_int64_t long a, @u_int64_t long b, @size_t long length);

  @u_int64_t
  long memcpy(@u_int64_t long target, @u_int64_t long source, @size_t long length);

  /** The errno of this thread's last call. */
  static int errno() {
    return RUNTIME.getLastError();
  }
}
