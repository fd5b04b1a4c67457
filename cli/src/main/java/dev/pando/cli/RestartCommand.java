package dev.pando.cli;

import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import dev.pando.daemon.control.MountEntry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "restart",
    description =
        "Put another daemon in the place of the one that serves a mount, of the program as it is"
            + " installed now. Users of the mount, running machines among them, notice a pause of a"
            + " second.",
    footer = "%nExample: pando restart /srv/vms")
final class RestartCommand implements Callable<Integer> {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** How long a daemon may be there yet that has agreed to end. */
  private static final Duration ENDING = Duration.ofSeconds(2);

  @Mixin private final Screen screen = new Screen();
  private final Daemons daemons;

  @Parameters(paramLabel = "MOUNTPOINT", description = "Where it is mounted.")
  private Path mountpoint;

  @Option(
      names = "--force",
      description =
          "Kill the daemon, for one that hangs. What was written is not lost: the next daemon"
              + " brings it in.")
  private boolean force;

  RestartCommand(Daemons daemons) {
    this.daemons = daemons;
  }

  @Override
  public Integer call() throws ControlException {
    MountEntry mount =
        daemons
            .mountAt(CanonicalPath.of(mountpoint))
            .orElseThrow(
                () ->
                    new ControlException(
                        ExitStatus.NO_DAEMON,
                        "no store is mounted at "
                            + mountpoint
                            + "; 'pando status' lists what is, 'pando mount' mounts one"));
    if (force) {
      kill(mount);
    } else {
      ask(mount);
    }
    screen.show(daemons.status(daemons.awaitOther(mount, LIMIT)), shown -> "");
    return ExitStatus.DONE.number();
  }

  private void ask(MountEntry mount) throws ControlException {
    String program = DaemonProcess.KEEPER.toAbsolutePath().toString();
    try {
      daemons.call(mount, "restart", Json.object().put("program", program));
    } catch (ControlException ended) {
      // it ends without an answer
      if (ended.status() != ExitStatus.NO_DAEMON) {
        throw ended;
      }
      if (!daemons.ends(mount, ENDING)) {
        throw new ControlException(
            ExitStatus.NO_DAEMON,
            "the daemon of "
                + mountpoint
                + " does not answer: 'pando restart --force "
                + mountpoint
                + "' puts another in its place");
      }
    }
  }

  /** Only where another follows: without a keeper the mount would end. */
  private void kill(MountEntry mount) throws ControlException {
    if (!mount.hasKeeper()) {
      throw new ControlException(
          ExitStatus.REFUSED,
          mountpoint
              + " has no keeper, so it would end with its daemon: 'pando umount --force' ends it");
    }
    if (mount.hasDaemon()) {
      ProcessHandle.of(mount.pid()).ifPresent(ProcessHandle::destroyForcibly);
    }
  }
}
