package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.Mount;
import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.fuse.MountException.Reason;
import dev.pando.daemon.fuse.Notifier;
import dev.pando.daemon.tree.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;

/**
 * A mount that is being served, and the ways to end it. Whatever ends it, the kernel tells the
 * workers by ENODEV or ECONNABORTED, they leave the connection, and the last one closes it.
 */
final class KernelMount implements Mount {
  /** How long an end may take once the kernel has agreed to it. */
  private static final Duration END_LIMIT = Duration.ofSeconds(30);

  private static final Path CONTROL = Path.of("/sys/fs/fuse/connections");

  private final Mountpoint mountpoint;
  private final int deviceMinor;
  private final Connection connection;
  private final KernelNotifier notifier;
  private volatile boolean detached;

  /**
   * @param deviceMinor by which the mount is told from others on the same path
   */
  KernelMount(
      Mountpoint mountpoint, int deviceMinor, Connection connection, KernelNotifier notifier) {
    this.mountpoint = mountpoint;
    this.deviceMinor = deviceMinor;
    this.connection = connection;
    this.notifier = notifier;
  }

  @Override
  public Path mountpoint() {
    return mountpoint.path();
  }

  @Override
  public int deviceMinor() {
    return deviceMinor;
  }

  @Override
  public State state() {
    if (connection.hasEnded()) {
      return State.ENDED;
    }
    return detached ? State.DETACHED : State.SERVING;
  }

  @Override
  public Notifier notifier() {
    return notifier;
  }

  @Override
  public synchronized void unmount() throws MountException {
    if (state() == State.SERVING && isInPlace()) {
      leaveTree(0);
    }
    requireEnd("is unmounted, but something still has it open");
  }

  @Override
  public synchronized void detach() throws MountException {
    if (state() == State.SERVING && isInPlace()) {
      leaveTree(Linux.MNT_DETACH);
    }
    detached = true;
  }

  @Override
  public synchronized void abort() throws MountException {
    if (state() == State.ENDED) {
      return;
    }
    if (isInPlace()) {
      // the abort comes before the unmount, which a busy mount refuses
      Linux.LIBC.umount2(mountpoint.path().toString(), Linux.MNT_FORCE);
      if (isInPlace()) {
        leaveTree(Linux.MNT_DETACH);
      }
    } else {
      abortByControlFile();
    }
    requireEnd("was aborted, but a request does not come back from the file system");
  }

  @Override
  public boolean awaitEnd(Duration limit) throws InterruptedException {
    return connection.awaitEnd(limit);
  }

  /** Whether what is mounted there is this mount, and not none or another by now. */
  private boolean isInPlace() throws MountException {
    Optional<Mountpoint.Entry> entry = mountpoint.entry();
    return entry.isPresent() && entry.get().minor() == deviceMinor;
  }

  private void leaveTree(int flags) throws MountException {
    if (Linux.LIBC.umount2(mountpoint.path().toString(), flags) == 0) {
      return;
    }
    int errno = Linux.errno();
    if (errno == Errno.EBUSY) {
      throw new MountException(Reason.BUSY, mountpoint.path() + " is in use");
    }
    throw new MountException(
        Reason.FAILED, "unmounting " + mountpoint.path() + " failed: errno " + errno);
  }

  /**
   * Aborts a connection whose mount is in the tree no more, by the file system for that purpose:
   * mounted for the moment where it is not.
   */
  private void abortByControlFile() throws MountException {
    Path abort = CONTROL.resolve(Integer.toString(deviceMinor)).resolve("abort");
    boolean lent =
        !Files.exists(abort) && Linux.LIBC.mount("none", CONTROL.toString(), "fusectl", 0, "") == 0;
    try {
      Files.writeString(abort, "1", StandardOpenOption.WRITE);
    } catch (IOException failed) {
      if (!connection.hasEnded()) {
        throw new MountException(Reason.FAILED, "aborting by " + abort + " failed", failed);
      }
    } finally {
      if (lent) {
        Linux.LIBC.umount2(CONTROL.toString(), Linux.MNT_DETACH);
      }
    }
  }

  private void requireEnd(String otherwise) throws MountException {
    boolean ended;
    try {
      ended = connection.awaitEnd(END_LIMIT);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      ended = connection.hasEnded();
    }
    if (!ended) {
      throw new MountException(Reason.FAILED, mountpoint.path() + " " + otherwise);
    }
  }
}
