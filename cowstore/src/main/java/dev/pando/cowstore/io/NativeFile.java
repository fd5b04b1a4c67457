package dev.pando.cowstore.io;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;

/** A file descriptor of the host. */
final class NativeFile implements StoreFile {
  private final Path path;
  private final int fd;

  private NativeFile(Path path, int fd) {
    this.path = path;
    this.fd = fd;
  }

  static NativeFile open(Path path) throws IOException {
    int fd = LibC.CALLS.open(path.toString(), LibC.O_RDWR | LibC.O_CLOEXEC);
    if (fd < 0) {
      throw new HostException("open " + path, LibC.errno());
    }
    return new NativeFile(path, fd);
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
    if (LibC.CALLS.fdatasync(fd) != 0) {
      throw failure("fdatasync of");
    }
  }

  @Override
  public void writeOut(long offset, long length) throws IOException {
    if (LibC.CALLS.sync_file_range(fd, offset, length, LibC.SYNC_FILE_RANGE_WRITE_AND_WAIT) != 0) {
      throw failure("sync_file_range at " + offset + " of");
    }
  }

  /** Has the host read a range into its cache, in the background; it need not. */
  void readAhead(long offset, long length) {
    int unused = LibC.CALLS.posix_fadvise(fd, offset, length, LibC.POSIX_FADV_WILLNEED);
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
    if (LibC.CALLS.fallocate(
            fd, LibC.FALLOC_FL_PUNCH_HOLE | LibC.FALLOC_FL_KEEP_SIZE, offset, length)
        != 0) {
      throw failure("punch at " + offset + " of");
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
