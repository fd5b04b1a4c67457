package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "dedupe",
    description =
        "Look for blocks that are equal in several VMs, and store them once. Every byte is"
            + " compared. VMs may run meanwhile; full clones are left out. What was frozen or"
            + " imported is looked through by itself, slowly.",
    footer = {"%nExamples: pando dedupe", "          pando dedupe --off secrets"})
final class DedupeCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  @ArgGroup private Switch wanted;

  @Parameters(
      arity = "0..*",
      paramLabel = "VM",
      description = "With --on or --off: for these VMs only; names, or paths inside a mount.")
  private List<String> vms = List.of();

  /** At most one of the two. */
  static final class Switch {
    @Option(names = "--off", description = "Never do it, for the whole store or some VMs.")
    private boolean off;

    @Option(names = "--on", description = "Take that back.")
    private boolean on;
  }

  DedupeCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    Target target = choice.resolve(vms);
    if (wanted != null) {
      ObjectNode parameters = Json.object().put("on", wanted.on && !wanted.off);
      parameters.set("vms", Json.array(target.names()));
      screen.show(target.ask("dedupe-switch", parameters), answer -> "");
      return ExitStatus.DONE.number();
    }
    if (!vms.isEmpty()) {
      throw new ControlException(
          ExitStatus.USAGE, "Dedupe goes through all VMs. Name some only with --on or --off.");
    }
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
