package dev.pando.cli;

import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "thaw",
    description = "Make a template a VM again, to change it. Clones made from it stay as they are.",
    footer = "%nExample: pando thaw debian12")
final class ThawCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  @Parameters(paramLabel = "TEMPLATE", description = "A name, or a path inside a mount.")
  private String template;

  ThawCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    Target target = choice.resolve(List.of(template));
    screen.show(target.ask("thaw", Json.object().put("vm", target.name())), thawed -> "");
    return ExitStatus.DONE.number();
  }
}
