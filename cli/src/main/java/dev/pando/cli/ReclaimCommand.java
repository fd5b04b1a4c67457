package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "reclaim",
    description =
        "Bring back all the space that nothing uses any more, and wait for it. Most of it comes"
            + " back by itself, within seconds.",
    footer = "%nExample: pando reclaim --compact")
final class ReclaimCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  @Option(
      names = "--compact",
      description =
          "Make the store's files on the host as small as they can be, too; writes the metadata"
              + " anew, which takes as much room as it has.")
  private boolean compact;

  ReclaimCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    Target target = choice.resolve(List.of());
    screen.show(
        target.ask("reclaim", Json.object().put("compact", compact)), ReclaimCommand::sentence);
    return ExitStatus.DONE.number();
  }

  private static String sentence(JsonNode reclaimed) {
    long bytes = Math.max(0, reclaimed.path("reclaimedBytes").asLong());
    return Sizes.human(bytes) + " came back\n";
  }
}
