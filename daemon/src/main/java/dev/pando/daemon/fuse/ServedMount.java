package dev.pando.daemon.fuse;

import dev.pando.daemon.fuse.MountException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A mount that is being served, and the ways to end it. Whatever ends it, the kernel tells the
 * threads that serve it by ENODEV or ECONNABORTED, and with the last of them to leave, the serving
 * has ended.
 */
public final class ServedMount implements Mount {
  /** How long an end may take once the kernel has agreed to it. */
  private static final Duration END_LIMIT = Duration.ofSeconds(30);

  /** How long it may take when nothing is open and nobody aborts it. */
  private static final Duration UNAIDED_END_LIMIT = Duration.ofSeconds(1);

  /** How long the first answer may take. */
  private static final int PROBE_SECONDS = 10;

  private static final Path CONTROL = Path.of("/sys/fs/fuse/connections");

  private final Mounter mounter = Mounter.ofThisUser();
  private final Mountpoint mountpoint;
  private final int deviceMinor;
  private final Serving serving;
  private final Notifier notifier;
  private volatile boolean detached;

  private ServedMount(Mountpoint mountpoint, int deviceMinor, Serving serving, Notifier notifier) {
    this.mountpoint = mountpoint;
    this.deviceMinor = deviceMinor;
    this.serving = serving;
    this.notifier = notifier;
  }

  /** What serves a mount, until its end. Thread-safe. */
  public interface Serving {
    /** Whether every request is answered and every resource given back. */
    boolean hasEnded();

    /** Waits for that; returns whether it came within {@code limit}. */
    boolean awaitEnd(Duration limit) throws InterruptedException;
  }

  /**
   * What was just mounted on {@code mountpoint} and is being served.
   *
   * @throws MountException if it is not there any more
   */
  public static ServedMount of(Mountpoint mountpoint, Serving serving, Notifier notifier)
      throws MountException {
    Mountpoint.Entry entry =
        mountpoint
            .entry()
            .orElseThrow(
                () ->
                    new MountException(
                        Reason.FAILED, mountpoint.path() + " was unmounted while it was mounted"));
    return of(mountpoint, entry.minor(), serving, notifier);
  }

  /**
   * What is mounted on {@code mountpoint}, or has been detached from it.
   *
   * @param deviceMinor the minor number of its device
   */
  public static ServedMount of(
      Mountpoint mountpoint, int deviceMinor, Serving serving, Notifier notifier) {
    return new ServedMount(mountpoint, deviceMinor, serving, notifier);
  }

  /**
   * Asks the mount for its root, by a thread that nobody waits for longer than a bound: when it is
   * answered, so will be whatever comes next. A mount that does not answer is aborted.
   */
  public void awaitAnswer() throws MountException {
    CompletableFuture<Object> answer = new CompletableFuture<>();
    Thread probe = new Thread(() -> ask(answer), "pando-probe");
    probe.setDaemon(true);
    probe.start();
    try {
      answer.get(PROBE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException failed) {
      abort();
      throw new MountException(
          Reason.FAILED, "the mount on " + mountpoint.path() + " does not answer", failed);
    } catch (InterruptedException interrupted) {
      abort();
      Thread.currentThread().interrupt();
      throw new MountException(Reason.FAILED, "mounting was interrupted", interrupted);
    }
  }

  private void ask(CompletableFuture<Object> answer) {
    try {
      answer.complete(Files.getAttribute(mountpoint.path(), "unix:ino"));
    } catch (IOException | RuntimeException failed) {
      answer.completeExceptionally(failed);
    }
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
    if (serving.hasEnded()) {
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
    return serving.awaitEnd(limit);
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
      return serving.awaitEnd(limit);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return serving.hasEnded();
    }
  }
}
