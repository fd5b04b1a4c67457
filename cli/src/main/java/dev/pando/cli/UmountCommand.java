package dev.pando.cli;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
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
  public Integer call() throws Failure {
    Path where = CanonicalPath.of(mountpoint);
    Optional<Mount> mounted = daemons.mountAt(where);
    if (mounted.isPresent()) {
      unmount(mounted.get());
    } else {
      OrphanMount.detach(where);
    }
    screen.show(Json.object().put("mountpoint", where.toString()), gone -> "");
    return ExitCode.DONE.number();
  }

  private void unmount(Mount mount) throws Failure {
    try {
      daemons.call(mount, "unmount", Json.object().put("force", force));
    } catch (Failure failure) {
      throw failure.code() == ExitCode.REFUSED ? busy(mount, failure) : failure;
    }
    awaitEnd(mount);
  }

  private static Failure busy(Mount mount, Failure failure) {
    String users = MountUsers.named(mount.mountpoint());
    if (users.isEmpty()) {
      return failure;
    }
    return new Failure(
        ExitCode.REFUSED,
        mount.mountpoint() + " is in use by " + users + "; end them, or use --force");
  }

  private static void awaitEnd(Mount mount) throws Failure {
    try {
      Optional<ProcessHandle> daemon = ProcessHandle.of(mount.pid());
      if (daemon.isPresent()) {
        daemon.get().onExit().get(END_SECONDS, SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure(ExitCode.FAILED, "interrupted while the daemon was ending");
    } catch (ExecutionException | TimeoutException e) {
      throw new Failure(
          ExitCode.FAILED,
          "the daemon (pid " + mount.pid() + ") unmounted but has not ended; its log says why");
    }
  }
}
