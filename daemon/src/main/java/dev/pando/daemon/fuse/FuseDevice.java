package dev.pando.daemon.fuse;

import dev.pando.daemon.fuse.MountException.Reason;
import dev.pando.daemon.tree.Errno;

/** {@code /dev/fuse}, by which every transport on Linux reaches the kernel. */
public final class FuseDevice {
  public static final String PATH = "/dev/fuse";

  private FuseDevice() {}

  /**
   * Opens the device; closing it is the caller's.
   *
   * @return a file descriptor
   * @throws MountException NO_FUSE, if it is not there or not for this user
   */
  public static int open() throws MountException {
    int fd = Linux.LIBC.open(PATH, Linux.O_RDWR | Linux.O_CLOEXEC);
    if (fd >= 0) {
      return fd;
    }
    int errno = Linux.errno();
    throw switch (errno) {
      case Errno.ENOENT, Errno.ENODEV, Errno.ENXIO ->
          new MountException(
              Reason.NO_FUSE,
              PATH
                  + " is not there: load the kernel module fuse, or give the container the device");
      case Errno.EACCES, Errno.EPERM ->
          new MountException(
              Reason.NO_FUSE,
              PATH + " may not be opened: users need to read and write it (mode 0666)");
      default -> new MountException(Reason.FAILED, "opening " + PATH + ": errno " + errno);
    };
  }

  /** Refuses what {@link #open} would. */
  public static void check() throws MountException {
    Linux.LIBC.close(open());
  }
}
