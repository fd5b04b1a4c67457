package dev.pando.cli;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import dev.pando.daemon.host.HostUser;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A mount of Pando's of which no live entry of this user's speaks. Its daemon was killed, and the
 * kernel answers every access with ENOTCONN; or its daemon is another user's, or one with another
 * runtime directory.
 *
 * @param owner the user who mounted it
 */
record UnlistedMount(Path mountpoint, int owner) {
  /** How long a daemon whose mount is gone may take to make all durable and end. */
  private static final int END_SECONDS = 30;

  private static final int POLL_MILLIS = 20;

  /** How long a process may be seen that was killed. */
  private static final int LAST_SECONDS = 1;

  /** The one at this absolute path, uppermost. */
  static Optional<UnlistedMount> at(Path mountpoint) {
    OptionalInt owner = KernelMounts.ownerOfPandoAt(mountpoint);
    return owner.isPresent()
        ? Optional.of(new UnlistedMount(mountpoint, owner.getAsInt()))
        : Optional.empty();
  }

  /** Whether this user may unmount it. */
  boolean isOurs() {
    HostUser user = HostUser.current();
    return user.isRoot() || user.uid() == owner;
  }

  /** The process that serves it; none if it was killed. */
  OptionalLong daemon() throws ControlException {
    try {
      return DaemonProcesses.serving(mountpoint, owner);
    } catch (IOException unknown) {
      throw new ControlException(
          ExitStatus.FAILED,
          "it can not be told whether a daemon serves " + mountpoint + ": " + unknown.getMessage());
    }
  }

  /**
   * Makes room for a new mount: takes away what killed daemons have left. With no daemon there is
   * nothing to lose.
   *
   * @throws ControlException REFUSED if a daemon serves it, or it is another user's
   */
  static void clear(Path mountpoint) throws ControlException {
    Optional<UnlistedMount> mount = at(mountpoint);
    while (mount.isPresent()) {
      mount.get().requireOurs();
      if (!mount.get().isLeft()) {
        throw new ControlException(
            ExitStatus.REFUSED,
            mountpoint + " is a mount of Pando's already, by " + mount.get().mounter());
      }
      mount.get().detach();
      mount = at(mountpoint);
    }
  }

  /**
   * Unmounts it, and waits for the end of its daemon.
   *
   * @throws ControlException REFUSED while it is in use, or if it is another user's
   */
  void unmount(boolean force) throws ControlException {
    requireOurs();
    if (daemon().isEmpty()) {
      clear(mountpoint);
      return;
    }
    if (force) {
      abort();
    } else if (!succeeds(
        HostUser.current().isRoot() ? List.of("umount") : List.of("fusermount3", "-u"))) {
      String users = MountUsers.named(mountpoint);
      throw users.isEmpty()
          ? remains("can not be unmounted")
          : new ControlException(
              ExitStatus.REFUSED,
              mountpoint + " is in use by " + users + "; end them, or use --force");
    }
    awaitEnd();
  }

  /** Whether nobody serves it: a daemon, or its keeper, that was just killed may be seen yet. */
  private boolean isLeft() throws ControlException {
    long deadline = System.nanoTime() + SECONDS.toNanos(LAST_SECONDS);
    try {
      while (daemon().isPresent()) {
        if (System.nanoTime() > deadline) {
          return false;
        }
        MILLISECONDS.sleep(POLL_MILLIS);
      }
      return true;
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private void requireOurs() throws ControlException {
    if (!isOurs()) {
      throw new ControlException(
          ExitStatus.REFUSED,
          mountpoint + " was mounted by " + mounter() + ": only he and root can unmount it");
    }
  }

  private String mounter() {
    return owner == HostUser.current().uid()
        ? "a daemon with another runtime directory (PANDO_RUN)"
        : "user " + Integer.toUnsignedString(owner);
  }

  /** Ends it at once, whoever has it open and whether its daemon answers or not. */
  void abort() throws ControlException {
    if (HostUser.current().isRoot()) {
      succeeds(List.of("umount", "-f")); // it aborts, also where it says that the mount is busy
    }
    if (at(mountpoint).isPresent()) {
      detach();
    }
  }

  private void detach() throws ControlException {
    boolean root = HostUser.current().isRoot();
    if (!succeeds(root ? List.of("umount", "-l") : List.of("fusermount3", "-uz"))) {
      throw remains("can not be taken away; 'umount -l' as root does that");
    }
  }

  private ControlException remains(String why) {
    return new ControlException(ExitStatus.FAILED, "the mount at " + mountpoint + " " + why);
  }

  private boolean succeeds(List<String> unmount) throws ControlException {
    List<String> command = new ArrayList<>(unmount);
    command.add("--");
    command.add(mountpoint.toString());
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private void awaitEnd() throws ControlException {
    long deadline = System.nanoTime() + SECONDS.toNanos(END_SECONDS);
    try {
      while (daemon().isPresent()) {
        if (System.nanoTime() > deadline) {
          throw new ControlException(
              ExitStatus.FAILED,
              mountpoint + " is unmounted, but its daemon has not ended; its log says why");
        }
        MILLISECONDS.sleep(POLL_MILLIS);
      }
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private ControlException interrupted() {
    Thread.currentThread().interrupt();
    return remains("was being unmounted when this was interrupted");
  }
}
