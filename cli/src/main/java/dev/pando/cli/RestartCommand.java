package dev.pando.cli;

import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import dev.pando.daemon.control.MountEntry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

  @Mixin private final Screen screen = new Screen();
  private final Daemons daemons;

  @Parameters(paramLabel = "MOUNTPOINT", description = "Where it is mounted.")
  private Path mountpoint;

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
    try {
      daemons.call(mount, "restart", Json.object());
    } catch (ControlException ended) {
      // it ends without an answer
      if (ended.status() != ExitStatus.NO_DAEMON) {
        throw ended;
      }
    }
    screen.show(daemons.status(daemons.awaitOther(mount, LIMIT)), shown -> "");
    return ExitStatus.DONE.number();
  }
}
