package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "identity",
    description =
        "Give a VM a UUID and MAC addresses that no other VM of the store has: for copies made with"
            + " cp. Name, disks and devices stay. Prints what was changed.",
    footer = "%nExample: pando identity web-copy")
final class IdentityCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  @Parameters(paramLabel = "VM", description = "A name, or a path inside a mount.")
  private String vm;

  IdentityCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    Target target = choice.resolve(List.of(vm));
    JsonNode changed = target.ask("identity", Json.object().put("vm", target.name()));
    screen.show(changed, VmTable::changes);
    return ExitStatus.DONE.number();
  }
}
