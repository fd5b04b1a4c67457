package dev.pando.cowstore.io;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A file that one holder has for itself, of all processes and within this one. The lock is of the
 * open file and not of the process (F_OFD_SETLK, fcntl(2)): a record lock of the process would go
 * when anybody in it closes the same file, as one that was refused does. Both kinds exclude each
 * other.
 */
public final class LockFile implements AutoCloseable {
  /** {@code struct flock} where a long has 64 bits; all zero but the type: the whole file. */
  private static final int FLOCK_BYTES = 32;

  private final int fd;

  private LockFile(int fd) {
    this.fd = fd;
  }

  /**
   * Takes hold of a file, making it if it is not there; empty if someone else holds it.
   *
   * @throws HostException if the file can not be opened, or its file system knows no locks
   */
  public static Optional<LockFile> tryHold(Path path) throws IOException {
    try {
      Files.createFile(path);
    } catch (FileAlreadyExistsException e) {
      // of an earlier holder
    }
    int fd = LibC.CALLS.open(path.toString(), LibC.O_RDWR | LibC.O_CLOEXEC);
    if (fd < 0) {
      throw new HostException("open " + path, LibC.errno());
    }
    int errno = set(fd, LibC.F_WRLCK);
    if (errno == 0) {
      return Optional.of(new LockFile(fd));
    }
    LibC.CALLS.close(fd);
    if (errno == LibC.EAGAIN || errno == LibC.EACCES) {
      return Optional.empty();
    }
    throw new HostException("lock of " + path, errno);
  }

  /** Returns 0, or the error. */
  private static int set(int fd, short type) {
    NativeMemory lock = NativeMemory.allocate(FLOCK_BYTES);
    lock.buffer().order(ByteOrder.nativeOrder()).putShort(0, type);
    while (LibC.CALLS.fcntl(fd, LibC.F_OFD_SETLK, lock.address()) != 0) {
      if (LibC.errno() != LibC.EINTR) {
        return LibC.errno();
      }
    }
    return 0;
  }

  /**
   * Lets the file go. A process that is being started has a copy of every descriptor until it runs
   * its program, and closing this one leaves the lock to the copy: so it is given back first.
   */
  @Override
  public void close() {
    set(fd, LibC.F_UNLCK);
    LibC.CALLS.close(fd);
  }
}
