package dev.pando.cowstore.io;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A file descriptor of the host. */
final class NativeFile implements StoreFile {
  /** Less what the process masks. */
  private static final int NEW_FILE_MODE = 0666;

  /** A quarter of a second together. */
  private static final int MOST_TRIES = 8;

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final Path path;
  private final int fd;

  private NativeFile(Path path, int fd) {
    this.path = path;
    this.fd = fd;
  }

  static NativeFile open(Path path) throws IOException {
    return open(path, LibC.O_RDWR);
  }

  /** Makes the file if it is not there. */
  static NativeFile create(Path path) throws IOException {
    return open(path, LibC.O_RDWR | LibC.O_CREAT);
  }

  /** For {@link #sync}, which makes names in it durable. */
  static NativeFile openDirectory(Path path) throws IOException {
    return open(path, LibC.O_RDONLY);
  }

  /** A shortage of descriptors may be short: it waits for the end of one, a little. */
  private static NativeFile open(Path path, int flags) throws IOException {
    for (int tries = 1; ; tries++) {
      int fd = LibC.CALLS.open(path.toString(), flags | LibC.O_CLOEXEC, NEW_FILE_MODE);
      if (fd >= 0) {
        return new NativeFile(path, fd);
      }
      int errno = LibC.errno();
      if (tries == MOST_TRIES || !HostException.isShortage(errno)) {
        throw new HostException("open " + path, errno);
      }
      LockSupport.parkNanos(PAUSE_NANOS << tries);
    }
  }

  @Override
  public void read(long offset, long address, int length) throws IOException {
    int done = 0;
    while (done < length) {
      long n = LibC.CALLS.pread(fd, address + done, length - done, offset + done);
      if (n == 0) {
        throw new EOFException(path + " ends before " + (offset + length));
      }
      if (n > 0) {
        done += (int) n;
      } else if (LibC.errno() != LibC.EINTR) {
        throw failure("read at " + offset + " of");
      }
    }
  }

  @Override
  public void write(long offset, long address, int length) throws IOException {
    int done = 0;
    while (done < length) {
      long n = LibC.CALLS.pwrite(fd, address + done, length - done, offset + done);
      if (n > 0) {
        done += (int) n;
      } else if (n == 0 || LibC.errno() != LibC.EINTR) {
        throw failure("write at " + offset + " of");
      }
    }
  }

  @Override
  public void sync() throws IOException {
    while (LibC.CALLS.fdatasync(fd) != 0) {
      if (LibC.errno() != LibC.EINTR) {
        throw failure("fdatasync of");
      }
    }
  }

  @Override
  public void writeOut(long offset, long length) throws IOException {
    if (LibC.CALLS.sync_file_range(fd, offset, length, LibC.SYNC_FILE_RANGE_WRITE_AND_WAIT) != 0
        && !HostException.isShortage(LibC.errno())) { // then the sync does all of it
      throw failure("sync_file_range at " + offset + " of");
    }
  }

  /** Has the host read a range into its cache, in the background; it need not. */
  void readAhead(long offset, long length) {
    int unused = LibC.CALLS.posix_fadvise(fd, offset, length, LibC.POSIX_FADV_WILLNEED);
  }

  @Override
  public void forget() {
    int unused = LibC.CALLS.posix_fadvise(fd, 0, 0, LibC.POSIX_FADV_DONTNEED);
  }

  @Override
  public boolean allocate(long offset, long length) throws IOException {
    while (LibC.CALLS.fallocate(fd, 0, offset, length) != 0) {
      if (LibC.errno() == HostException.EOPNOTSUPP) {
        return false;
      }
      if (LibC.errno() != LibC.EINTR) {
        throw failure("allocation at " + offset + " of");
      }
    }
    return true;
  }

  @Override
  public void punch(long offset, long length) throws IOException {
    while (LibC.CALLS.fallocate(
            fd, LibC.FALLOC_FL_PUNCH_HOLE | LibC.FALLOC_FL_KEEP_SIZE, offset, length)
        != 0) {
      if (LibC.errno() != LibC.EINTR) {
        throw failure("punch at " + offset + " of");
      }
    }
  }

  @Override
  public long seek(long offset, boolean data) throws IOException {
    long found = LibC.CALLS.lseek(fd, offset, data ? LibC.SEEK_DATA : LibC.SEEK_HOLE);
    if (found < 0 && LibC.errno() != LibC.ENXIO && LibC.errno() != LibC.EINVAL) {
      throw failure("seek from " + offset + " of");
    }
    return found;
  }

  @Override
  public void close() throws IOException {
    LibC.CALLS.close(fd);
  }

  private HostException failure(String what) {
    return new HostException(what + " " + path, LibC.errno());
  }
}
