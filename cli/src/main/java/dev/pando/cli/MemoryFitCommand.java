package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "fit",
    description =
        "Say how many more clones of a template, or of a VM, could be powered on, and what stops"
            + " the next; with --size or --reservation, if they had that.",
    footer = "%nExample: pando memory fit debian12 --reservation 512M")
final class MemoryFitCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;
  @Mixin private final MemoryAmounts amounts = new MemoryAmounts();

  @Parameters(paramLabel = "TEMPLATE", description = "A name, or a path inside a mount.")
  private String template;

  MemoryFitCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    Target target = choice.resolve(List.of(template));
    ObjectNode parameters = Json.object().put("vm", target.name());
    amounts.put(parameters);
    screen.show(target.ask("memory-fit", parameters), MemoryFitCommand::text);
    return ExitStatus.DONE.number();
  }

  static String text(JsonNode fit) {
    boolean isMemory = fit.path("stoppedBy").asText().equals("memory");
    return """
    %,d more can be powered on; %,d of them with all their memory at once.
    Each takes %s reserved + %s overhead of %s unreserved, and %s of %s for swap.
    What stops the next: %s.
    """
        .formatted(
            fit.path("more").asLong(),
            Math.min(fit.path("more").asLong(), fit.path("withoutOvercommit").asLong()),
            size(fit, "reservationBytes"),
            size(fit, "overheadBytes"),
            size(fit, "unreservedBytes"),
            size(fit, "swapBytes"),
            size(fit, "swapRoomBytes"),
            isMemory ? "unreserved memory" : "room for swap in the store");
  }

  private static String size(JsonNode fit, String field) {
    return Sizes.human(fit.path(field).asLong());
  }
}
