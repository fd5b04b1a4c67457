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
    name = "remove",
    description =
        "Remove VMs and what only they stored; TEMPLATE@N removes an earlier generation. Clones of"
            + " what is removed stay whole. Nothing is removed if one of them can not be.",
    footer = {
      "%nExample: pando remove s01 s02",
      "         pando remove s --count 20               removes s01, s02, ... s20",
      "         pando remove --names-from class.txt",
      "         pando remove /srv/vms/course/*"
    })
final class RemoveCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  @Mixin private final NameGroup group = new NameGroup();

  @Parameters(arity = "0..*", paramLabel = "VM", description = "Names, or paths inside a mount.")
  private List<String> vms = List.of();

  @Option(names = "--force", description = "Also VMs that run or have linked clones.")
  private boolean force;

  RemoveCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    Target target = choice.resolve(group.names(vms));
    ObjectNode parameters = Json.object().put("force", force);
    parameters.set("vms", Json.array(target.names()));
    screen.show(target.ask("remove", parameters), removed -> "");
    return ExitStatus.DONE.number();
  }
}
