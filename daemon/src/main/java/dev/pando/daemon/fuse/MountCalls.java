package dev.pando.daemon.fuse;

import dev.pando.daemon.fuse.MountException.Reason;
import dev.pando.daemon.tree.Errno;
import java.nio.file.Path;
import java.util.OptionalInt;

/** mount(2) and umount(2), which are root's. */
final class MountCalls implements Mounter {
  /** What mount(2) is told the root is; the kernel asks for its real attributes. */
  private static final String ROOT_MODE = "40000";

  /** The device to mount; empty: one that is opened for each mount. */
  private final OptionalInt kept;

  /** For a device that is opened for each mount. */
  MountCalls() {
    this.kept = OptionalInt.empty();
  }

  /** For this one device, which is open. */
  MountCalls(int device) {
    this.kept = OptionalInt.of(device);
  }

  @Override
  public void check(Path mountpoint, MountOptions options) {
    // what is wrong with them only the kernel can tell
  }

  @Override
  public int mount(Path mountpoint, MountOptions options) throws MountException {
    int device = kept.isPresent() ? kept.getAsInt() : FuseDevice.open();
    if (Linux.LIBC.mount(
            SOURCE, mountpoint.toString(), Mountpoint.TYPE, flags(options), data(device, options))
        == 0) {
      return device;
    }
    int errno = Linux.errno();
    Linux.LIBC.close(device);
    throw refusal(mountpoint, options, errno);
  }

  private static long flags(MountOptions options) {
    long flags = Linux.MS_NOSUID | Linux.MS_NODEV;
    if (options.readOnly()) {
      flags |= Linux.MS_RDONLY;
    }
    if (options.noAccessTimes()) {
      flags |= Linux.MS_NOATIME;
    }
    return flags;
  }

  private static String data(int device, MountOptions options) {
    StringBuilder data = new StringBuilder();
    data.append("fd=").append(device);
    data.append(",rootmode=").append(ROOT_MODE).append(",user_id=0,group_id=0");
    data.append(",default_permissions");
    if (options.allowOther()) {
      data.append(",allow_other");
    }
    if (!options.securityContext().isEmpty()) {
      data.append(",context=\"").append(options.securityContext()).append('"');
    }
    return data.toString();
  }

  private static MountException refusal(Path mountpoint, MountOptions options, int errno) {
    return switch (errno) {
      case Errno.EPERM ->
          new MountException(
              Reason.NO_FUSE,
              "mounting on "
                  + mountpoint
                  + " is not allowed here, even to root: a container needs CAP_SYS_ADMIN");
      case Errno.ENODEV ->
          new MountException(Reason.NO_FUSE, "this kernel has no FUSE: load the module fuse");
      case Errno.EINVAL ->
          options.securityContext().isEmpty()
              ? new MountException(Reason.FAILED, "the kernel refused to mount on " + mountpoint)
              : new MountException(
                  Reason.OPTION, "the kernel refused context=: it may be without SELinux");
      default ->
          new MountException(Reason.FAILED, "mounting on " + mountpoint + ": errno " + errno);
    };
  }

  @Override
  public void unmount(Path mountpoint, boolean lazily) throws MountException {
    if (Linux.LIBC.umount2(mountpoint.toString(), lazily ? Linux.MNT_DETACH : 0) == 0) {
      return;
    }
    int errno = Linux.errno();
    if (errno == Errno.EBUSY) {
      throw new MountException(Reason.BUSY, mountpoint + " is in use");
    }
    throw new MountException(Reason.FAILED, "unmounting " + mountpoint + " failed: errno " + errno);
  }

  /** The abort comes before the unmount, which a busy mount refuses. */
  @Override
  public boolean abort(Path mountpoint) {
    Linux.LIBC.umount2(mountpoint.toString(), Linux.MNT_FORCE);
    return true;
  }
}
