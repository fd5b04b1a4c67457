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
    name = "rename",
    description =
        "Give a VM another name, a template too. Files inside keep theirs, and what it is a clone"
            + " of stays on record.",
    footer = "%nExample: pando rename s07 course/anna")
final class RenameCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  @Parameters(index = "0", paramLabel = "VM", description = "A name, or a path inside a mount.")
  private String vm;

  @Parameters(index = "1", paramLabel = "NEW", description = "The new name.")
  private String newName;

  RenameCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    Target target = choice.resolve(List.of(vm, newName));
    JsonNode renamed =
        target.ask(
            "rename", Json.object().put("vm", target.name()).put("name", target.names().get(1)));
    screen.show(renamed, answer -> "");
    return ExitStatus.DONE.number();
  }
}
