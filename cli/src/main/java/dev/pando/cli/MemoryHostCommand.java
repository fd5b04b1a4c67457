package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "host",
    description =
        "Say how much memory there is for host and VMs, what the host keeps, and how overheads"
            + " count; without options, show it. Kept with the store.",
    footer = {
      "%nExample: pando memory host --total 16G --reserve 1G --overhead included",
      "         pando memory host --total measured"
    })
final class MemoryHostCommand implements Callable<Integer> {
  private static final String MEASURED = "measured";

  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  @Option(
      names = "--total",
      paramLabel = "SIZE",
      description = "All there is; 'measured' (when nothing is said): what the kernel says.")
  private String total;

  @Option(
      names = "--reserve",
      paramLabel = "SIZE",
      description = "What the hypervisor and the host's programs keep; at first 1G or an eighth.")
  private String reserve;

  @Option(
      names = "--overhead",
      paramLabel = "RULE",
      description =
          "What counts for each VM beside its memory: 'table', by size and processors, or"
              + " 'included': nothing, for the reserve is a round number for all.")
  private String overhead;

  MemoryHostCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    ObjectNode parameters = Json.object().put("overhead", overhead);
    if (MEASURED.equals(total)) {
      parameters.put("measured", true);
    } else if (total != null) {
      parameters.put("totalBytes", MemoryAmounts.bytes(total));
    }
    if (reserve != null) {
      parameters.put("reserveBytes", MemoryAmounts.bytes(reserve));
    }
    Target target = choice.resolve(List.of());
    screen.show(target.ask("memory-host", parameters), MemoryHostCommand::text);
    return ExitStatus.DONE.number();
  }

  private static String text(JsonNode host) {
    return "%s in all (%s), %s for the host, overhead of VMs: %s%n"
        .formatted(
            Sizes.human(host.path("totalBytes").asLong()),
            MemoryCommand.source(host),
            Sizes.human(host.path("reserveBytes").asLong()),
            host.path("overheadRule").asText().equals("table") ? "by table" : "in that");
  }
}
