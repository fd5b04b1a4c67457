package dev.pando.cli;

import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "show",
    description = "Show one VM: its identity, its disks, what it stores.",
    footer = "%nExample: pando show s01")
final class ShowCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  @Parameters(paramLabel = "VM", description = "A name, or a path inside a mount.")
  private String vm;

  ShowCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    Target target = choice.resolve(List.of(vm));
    screen.show(target.ask("show", Json.object().put("vm", target.name())), VmTable::details);
    return ExitStatus.DONE.number();
  }
}
