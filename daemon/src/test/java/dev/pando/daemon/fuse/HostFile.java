package dev.pando.daemon.fuse;

import dev.pando.daemon.tree.Completion;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.OpenFile;
import java.nio.file.Path;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;
import jnr.ffi.types.off_t;
import jnr.ffi.types.size_t;
import jnr.ffi.types.ssize_t;
import jnr.ffi.types.uintptr_t;

/** A file of the host, opened once and passed on as it is. */
final class HostFile implements OpenFile {
  /** libc, as far as it is needed. */
  public interface LibC {
    @ssize_t
    long pread(int fd, @uintptr_t long address, @size_t long lengthBytes, @off_t long offset);

    @ssize_t
    long pwrite(int fd, @uintptr_t long address, @size_t long lengthBytes, @off_t long offset);

    int open(CharSequence path, int flags);

    int fallocate(int fd, int mode, @off_t long offset, @off_t long lengthBytes);

    @off_t
    long lseek(int fd, @off_t long offset, int whence);

    int ftruncate(int fd, @off_t long lengthBytes);

    int fdatasync(int fd);
  }

  private static final int O_RDWR_CLOEXEC = 0x80002;
  private static final int SEEK_END = 2;
  private static final LibC LIBC = LibraryLoader.create(LibC.class).load("c");
  private static final Runtime RUNTIME = Runtime.getRuntime(LIBC);

  private final int fd;
  private final long node;
  private final boolean direct;

  HostFile(Path path, long node, boolean direct) {
    fd = LIBC.open(path.toString(), O_RDWR_CLOEXEC);
    if (fd < 0) {
      throw new IllegalArgumentException(path + ": errno " + RUNTIME.getLastError());
    }
    this.node = node;
    this.direct = direct;
  }

  long sizeBytes() {
    return LIBC.lseek(fd, 0, SEEK_END);
  }

  void resize(long sizeBytes) throws ErrnoException {
    check(LIBC.ftruncate(fd, sizeBytes));
  }

  @Override
  public long node() {
    return node;
  }

  @Override
  public boolean isDirect() {
    return direct;
  }

  @Override
  public int read(long offset, long address, int length) throws ErrnoException {
    return (int) check(LIBC.pread(fd, address, length, offset));
  }

  @Override
  public int write(long offset, long address, int length) throws ErrnoException {
    return (int) check(LIBC.pwrite(fd, address, length, offset));
  }

  @Override
  public void sync(boolean dataOnly, Completion done) {
    done.completed(LIBC.fdatasync(fd) == 0 ? 0 : Errno.EIO);
  }

  @Override
  public void allocate(int mode, long offset, long length) throws ErrnoException {
    check(LIBC.fallocate(fd, mode, offset, length));
  }

  @Override
  public long seek(long offset, int whence) throws ErrnoException {
    return check(LIBC.lseek(fd, offset, whence));
  }

  @Override
  public long copyRange(long offset, OpenFile target, long targetOffset, long length)
      throws ErrnoException {
    throw new ErrnoException(Errno.EOPNOTSUPP);
  }

  @Override
  public void release() {
    // one descriptor serves all openers, for as long as the process lives
  }

  private static long check(long result) throws ErrnoException {
    if (result < 0) {
      throw new ErrnoException(RUNTIME.getLastError());
    }
    return result;
  }
}
