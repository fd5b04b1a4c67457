package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.Mount;
import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.fuse.MountException.Reason;
import dev.pando.daemon.fuse.Notifier;
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

  /** How long it may take when nothing is open and nobody aborts it. */
  private static final Duration UNAIDED_END_LIMIT = Duration.ofSeconds(1);

  private static final Path CONTROL = Path.of("/sys/fs/fuse/connections");

  private final Mounter mounter;
  private final Mountpoint mountpoint;
  private final int deviceMinor;
  private final Connection connection;
  private final KernelNotifier notifier;
  private volatile boolean detached;

  /**
   * @param deviceMinor by which the mount is told from others on the same path
   */
  KernelMount(
      Mounter mounter,
      Mountpoint mountpoint,
      int deviceMinor,
      Connection connection,
      KernelNotifier notifier) {
    this.mounter = mounter;
    this.mountpoint = mountpoint;
    this.deviceMinor = deviceMinor;
    this.connection = connection;
    this.notifier = notifier;
  }

  @Override
  public Path mountpoint() {
    return mountpoint.path();
  }

  int deviceMinor() {
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
      mounter.unmount(mountpoint.path(), false);
    }
    requireEnd("is unmounted, but something still has it open");
  }

  @Override
  public synchronized void detach() throws MountException {
    if (state() == State.SERVING && isInPlace()) {
      mounter.unmount(mountpoint.path(), true);
    }
    detached = true;
  }

  @Override
  public synchronized void abort() throws MountException {
    if (state() == State.ENDED) {
      return;
    }
    boolean aborted = isInPlace() && mounter.abort(mountpoint.path());
    if (isInPlace()) {
      mounter.unmount(mountpoint.path(), true);
    }
    if (!aborted) {
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

  /**
   * Aborts a connection by the file system for that purpose, which root mounts for the moment where
   * it is not there.
   */
  private void abortByControlFile() throws MountException {
    Path abort = CONTROL.resolve(Integer.toString(deviceMinor)).resolve("abort");
    boolean lent =
        !Files.exists(CONTROL.resolve(Integer.toString(deviceMinor)))
            && Linux.LIBC.mount("none", CONTROL.toString(), "fusectl", 0, "") == 0;
    try {
      Files.writeString(abort, "1", StandardOpenOption.WRITE);
    } catch (IOException failed) {
      // with its last file closed it ends by itself
      if (!ends(UNAIDED_END_LIMIT)) {
        throw new MountException(
            Reason.FAILED,
            mountpoint.path()
                + " is unmounted, but for want of "
                + CONTROL
                + " what is open there can not be aborted: it ends with the processes that use it,"
                + " or with the daemon",
            failed);
      }
    } finally {
      if (lent) {
        Linux.LIBC.umount2(CONTROL.toString(), Linux.MNT_DETACH);
      }
    }
  }

  private void requireEnd(String otherwise) throws MountException {
    if (!ends(END_LIMIT)) {
      throw new MountException(Reason.FAILED, mountpoint.path() + " " + otherwise);
    }
  }

  private boolean ends(Duration limit) {
    try {
      return connection.awaitEnd(limit);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return connection.hasEnded();
    }
  }
}
