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
    name = "off",
    description = "Give back what a VM was promised: it is off. No machine is stopped.",
    footer = "%nExample: pando power off s01")
final class PowerOffCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  @Parameters(paramLabel = "VM", description = "A name, or a path inside a mount.")
  private String vm;

  PowerOffCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    Target target = choice.resolve(List.of(vm));
    JsonNode off = target.ask("power-off", Json.object().put("vm", target.name()));
    if (off.hasNonNull("warning")) {
      screen.note(off.path("warning").asText());
    }
    screen.show(off, answer -> "");
    return ExitStatus.DONE.number();
  }
}
