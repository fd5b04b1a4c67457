package dev.pando.daemon.fuse;

import dev.pando.daemon.host.HostUser;
import java.nio.file.Path;

/** How a mount gets into the directory tree and out of it: what root may do, and what a user. */
public interface Mounter {
  /** What the kernel shows as the source of a mount of ours. */
  String SOURCE = "pando";

  /** The one for the user of this process. */
  static Mounter ofThisUser() {
    HostUser user = HostUser.current();
    return user.isRoot() ? new MountCalls() : new Fusermount(user);
  }

  /** Root's own, through a device that is open already; it closes it if it can not mount. */
  static Mounter through(int device) {
    return new MountCalls(device);
  }

  /**
   * Refuses what {@link #mount} would refuse, as far as it can be told before.
   *
   * @param mountpoint a directory
   */
  void check(Path mountpoint, MountOptions options) throws MountException;

  /**
   * Mounts, and returns the descriptor of the device on which the kernel will speak; closing it is
   * the caller's.
   *
   * @throws MountException if it can not be mounted; then nothing is left behind
   */
  int mount(Path mountpoint, MountOptions options) throws MountException;

  /**
   * Takes a mount out of the directory tree.
   *
   * @param lazily also while files are open: they are served until their last close
   * @throws MountException with {@link MountException.Reason#BUSY} while files are open
   */
  void unmount(Path mountpoint, boolean lazily) throws MountException;

  /**
   * Aborts the connection behind a mount in the tree, if there is a way that needs no file of the
   * kernel's.
   *
   * @return whether it did
   */
  boolean abort(Path mountpoint);
}
