package dev.pando.cli;

import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "list",
    description = "List the VMs of a mount, what each is a clone of, and what it stores.",
    footer = "%nExample: pando list --json | jq -r '.vms[].name'")
final class ListCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  ListCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    screen.show(choice.resolve(List.of()).ask("list", Json.object()), VmTable::of);
    return ExitStatus.DONE.number();
  }
}
