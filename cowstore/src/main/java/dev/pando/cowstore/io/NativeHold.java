package dev.pando.cowstore.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A {@link FileSystemHold} by a descriptor of any file or directory. */
public final class NativeHold implements FileSystemHold {
  private static final String DEVICE = "unix:dev";

  private final int fd;

  private NativeHold(int fd) {
    this.fd = fd;
  }

  static NativeHold open(Path path) throws IOException {
    int fd = LibC.CALLS.open(path.toString(), LibC.O_RDONLY | LibC.O_CLOEXEC);
    if (fd < 0) {
      throw new HostException("open " + path, LibC.errno());
    }
    return new NativeHold(fd);
  }

  /** A descriptor that this process was started with; whoever gave it has it open as well. */
  public static NativeHold inherited(int fd) {
    return new NativeHold(fd);
  }

  /** Of two file systems that exist at the same time each has a device number of its own. */
  @Override
  public boolean holds(Path path) throws IOException {
    Path held = Path.of("/proc/self/fd", Integer.toString(fd));
    return Files.getAttribute(held, DEVICE).equals(Files.getAttribute(path, DEVICE));
  }

  @Override
  public void sync() throws IOException {
    if (LibC.CALLS.syncfs(fd) != 0) {
      throw new HostException("syncfs", LibC.errno());
    }
  }

  @Override
  public void close() {
    LibC.CALLS.close(fd);
  }
}
