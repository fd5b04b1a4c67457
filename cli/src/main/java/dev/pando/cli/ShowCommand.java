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
    name = "show",
    description = "Show one VM: its identity, its disks, what it stores.",
    footer = {
      "%nExample: pando show s01",
      "         pando show s01 --xml | virsh define /dev/stdin"
    })
final class ShowCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  @Parameters(paramLabel = "VM", description = "A name, or a path inside a mount.")
  private String vm;

  @Option(
      names = "--xml",
      description = "Print a libvirt domain with this mount's paths, for 'virsh define'.")
  private boolean xml;

  ShowCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    Target target = choice.resolve(List.of(vm));
    ObjectNode parameters = Json.object().put("vm", target.name());
    if (xml) {
      screen.show(target.ask("xml", parameters), domain -> domain.path("xml").asText());
    } else {
      screen.show(target.ask("show", parameters), VmTable::details);
    }
    return ExitStatus.DONE.number();
  }
}
