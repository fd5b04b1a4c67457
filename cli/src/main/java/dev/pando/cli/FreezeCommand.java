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
    name = "freeze",
    description =
        "Make a VM a template: read-only until thawed, made to be cloned. Prints"
            + " TEMPLATE@GENERATION.",
    footer = "%nExample: pando freeze debian12")
final class FreezeCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  @Parameters(paramLabel = "VM", description = "A name, or a path inside a mount.")
  private String vm;

  FreezeCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    Target target = choice.resolve(List.of(vm));
    JsonNode template = target.ask("freeze", Json.object().put("vm", target.name()));
    screen.show(
        template,
        made -> made.path("name").asText() + "@" + made.path("generation").asLong() + "\n");
    return ExitStatus.DONE.number();
  }
}
