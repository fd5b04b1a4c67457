package dev.pando.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "set",
    description =
        "Change what memory a VM is configured to have, in its .vmx or domain XML. Of one that is"
            + " on, a new reservation is admitted at once; its size can not change.",
    footer = "%nExample: pando memory set s07 --reservation 1G --shares high")
final class MemorySetCommand implements Callable<Integer> {
  private static final String NONE = "none";

  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;
  @Mixin private final MemoryAmounts amounts = new MemoryAmounts();

  @Parameters(paramLabel = "VM", description = "A name, or a path inside a mount.")
  private String vm;

  @Option(
      names = "--limit",
      paramLabel = "SIZE",
      description = "The most of the host's memory that it gets: a size, or none.")
  private String limit;

  @Option(
      names = "--shares",
      paramLabel = "SHARES",
      description = "Its weight where VMs compete: low, normal, high, or a number.")
  private String shares;

  MemorySetCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    if (amounts.isNothing() && limit == null && shares == null) {
      throw new ControlException(
          ExitStatus.USAGE, "say what to change: --size, --reservation, --limit or --shares");
    }
    Target target = choice.resolve(List.of(vm));
    ObjectNode parameters = Json.object().put("vm", target.name()).put("shares", shares);
    amounts.put(parameters);
    if (NONE.equals(limit)) {
      parameters.put("unlimited", true);
    } else if (limit != null) {
      parameters.put("limitBytes", MemoryAmounts.bytes(limit));
    }
    screen.show(target.ask("memory-set", parameters), VmTable::changes);
    return ExitStatus.DONE.number();
  }
}
