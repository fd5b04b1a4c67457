package dev.pando.cli;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import dev.pando.daemon.control.MountEntry;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "umount",
    description =
        "Unmount, and return when everything is durable and the daemon is gone. What is not mounted"
            + " is not an error.",
    footer = "%nExample: pando umount /srv/vms")
final class UmountCommand implements Callable<Integer> {
  /** How long a daemon may take to end after it said that it will. */
  private static final int END_SECONDS = 30;

  /** How long its keeper may take to end after it; he lets go of the store's disk last. */
  private static final int KEEPER_SECONDS = 2;

  private static final int POLL_MILLIS = 10;

  /** A process that ended closes what it had open a moment later. */
  private static final int CLOSE_SECONDS = 1;

  @Mixin private final Screen screen = new Screen();
  private final Daemons daemons;

  @Parameters(paramLabel = "MOUNTPOINT", description = "Where it is mounted.")
  private Path mountpoint;

  @Option(names = "--force", description = "Also while files are open: their users get errors.")
  private boolean force;

  UmountCommand(Daemons daemons) {
    this.daemons = daemons;
  }

  @Override
  public Integer call() throws ControlException {
    Path where = CanonicalPath.of(mountpoint);
    Optional<MountEntry> mounted = daemons.mountAt(where);
    Optional<UnlistedMount> unlisted = UnlistedMount.at(where);
    if (mounted.isPresent()) {
      try {
        unmount(mounted.get());
      } catch (ControlException failure) {
        if (!force || failure.status() != ExitStatus.NO_DAEMON) {
          throw failure;
        }
        endWithoutItsHelp(mounted.get());
      }
    } else if (unlisted.isPresent()) {
      unlisted.get().unmount(force);
    }
    screen.show(Json.object().put("mountpoint", where.toString()), gone -> "");
    return ExitStatus.DONE.number();
  }

  /** Where it is in use by nobody who is there, the last closes are under way: waited for. */
  private void unmount(MountEntry mount) throws ControlException {
    long deadline = System.nanoTime() + SECONDS.toNanos(CLOSE_SECONDS);
    boolean done = false;
    while (!done) {
      try {
        daemons.call(mount, "unmount", Json.object().put("force", force));
        done = true;
      } catch (ControlException failure) {
        // what is unmounted was not in use: it is the store that did not close
        if (failure.status() != ExitStatus.REFUSED
            || !KernelMounts.hasPandoAt(mount.mountpoint())) {
          throw failure;
        }
        String users = MountUsers.named(mount.mountpoint());
        if (!users.isEmpty()) {
          throw new ControlException(
              ExitStatus.REFUSED,
              mount.mountpoint() + " is in use by " + users + "; end them, or use --force");
        }
        if (System.nanoTime() > deadline) {
          throw failure;
        }
        LockSupport.parkNanos(MILLISECONDS.toNanos(POLL_MILLIS));
      }
    }
    awaitEnd(mount);
  }

  /**
   * Ends a mount whose daemon hangs, or is about to be followed by another. What was written is in
   * the store as it is after a crash.
   */
  private void endWithoutItsHelp(MountEntry mount) throws ControlException {
    // the keeper first: it would start another daemon
    if (mount.hasKeeper()) {
      kill(mount.keeper());
    }
    if (mount.hasDaemon()) {
      kill(mount.pid());
    }
    Optional<UnlistedMount> left = UnlistedMount.at(mount.mountpoint());
    if (left.isPresent()) {
      left.get().abort();
    }
    awaitEnd(mount);
  }

  private static void kill(long process) {
    ProcessHandle.of(process).ifPresent(ProcessHandle::destroyForcibly);
  }

  /**
   * All is durable and gone already; what is left is the process. Its entry is asked, because a
   * ProcessHandle looks at what is no child of ours seldom, and sees a zombie as alive.
   */
  private void awaitEnd(MountEntry mount) throws ControlException {
    long deadline = System.nanoTime() + SECONDS.toNanos(END_SECONDS);
    long keeperHangs = System.nanoTime() + SECONDS.toNanos(KEEPER_SECONDS);
    try {
      while (mount.isLive()) {
        if (mount.hasDaemon()) {
          keeperHangs = System.nanoTime() + SECONDS.toNanos(KEEPER_SECONDS);
        } else if (force && System.nanoTime() > keeperHangs) {
          kill(mount.keeper());
        }
        if (System.nanoTime() > deadline) {
          throw new ControlException(
              ExitStatus.FAILED,
              "the daemon (pid " + mount.pid() + ") unmounted but has not ended; its log says why");
        }
        MILLISECONDS.sleep(POLL_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlException(ExitStatus.FAILED, "interrupted while the daemon was ending");
    }
  }
}
