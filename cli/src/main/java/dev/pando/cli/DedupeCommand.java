package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "dedupe",
    description =
        "Look for blocks that are equal in several VMs, and store them once. Every byte is"
            + " compared. VMs may run meanwhile; full clones are left out.",
    footer = "%nExample: pando dedupe")
final class DedupeCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  DedupeCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    Target target = choice.resolve(List.of());
    JsonNode report;
    try (WorkBar bar = WorkBar.of("comparing")) {
      report = target.ask("dedupe", Json.object(), bar);
    }
    screen.show(report, DedupeCommand::sentence);
    return ExitStatus.DONE.number();
  }

  private static String sentence(JsonNode report) {
    return Sizes.human(report.path("sharedBytes").asLong())
        + " were stored twice, and are not any more ("
        + Sizes.human(report.path("readBytes").asLong())
        + " read)\n";
  }
}
