package dev.pando.daemon.vm.importing;

import dev.pando.cowstore.io.LibC;
import java.nio.file.Path;

/**
 * Where the data of a file of the host is: lseek(2) with SEEK_DATA, which Java does not have. Where
 * the host can not say, all of the file is data. Used by one thread.
 */
final class HostHoles implements AutoCloseable {
  private static final int BLOCK_BYTES = 4096;
  private static final int ENXIO = 6;

  private final int fd;
  private final long sizeBytes;

  HostHoles(Path path, long sizeBytes) {
    this.fd = LibC.CALLS.open(path.toString(), LibC.O_RDONLY | LibC.O_CLOEXEC);
    this.sizeBytes = sizeBytes;
  }

  /** The first place of data from {@code offset} on, or of its block; the size if there is none. */
  long nextData(long offset) {
    if (fd < 0 || offset >= sizeBytes) {
      return offset;
    }
    long found = LibC.CALLS.lseek(fd, offset, LibC.SEEK_DATA);
    if (found < 0) {
      return LibC.errno() == ENXIO ? sizeBytes : offset;
    }
    return Math.max(offset, found & -BLOCK_BYTES);
  }

  @Override
  public void close() {
    if (fd >= 0) {
      LibC.CALLS.close(fd);
    }
  }
}
