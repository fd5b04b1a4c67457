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
    name = "on",
    description =
        "Admit a VM: its reservation and overhead are taken from the host's unreserved memory, and"
            + " room for its swap from the store; refused with 3 if either is too little. It is on"
            + " until 'pando power off', or until the host boots again. No machine is started;"
            + " but a COMMAND is run in place of this one, and the VM is off when it ends.",
    footer = {
      "%nExample: pando power on s01",
      "         pando power on s01 -- qemu-system-x86_64 -m 512 s01.img"
    })
final class PowerOnCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  @Parameters(index = "0", paramLabel = "VM", description = "A name, or a path inside a mount.")
  private String vm;

  @Parameters(
      index = "1..*",
      paramLabel = "-- COMMAND",
      description = "What to run, with its arguments, behind two hyphens.")
  private List<String> command = List.of();

  @Option(
      names = "--pid",
      paramLabel = "PID",
      description = "The VM is off, too, when this process ends.")
  private Integer pid;

  @Option(
      names = "--swap-file",
      description =
          "Make a .vswp for VMware, as large as the swap, of holes; 'power off' takes it.")
  private boolean swapFile;

  PowerOnCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    if (!command.isEmpty()) {
      // the launcher runs what stands behind two hyphens, and tells us its own process id
      throw new ControlException(
          ExitStatus.USAGE, "put two hyphens before the command to run: 'power on VM -- COMMAND'");
    }
    Target target = choice.resolve(List.of(vm));
    ObjectNode parameters = Json.object().put("vm", target.name()).put("swapFile", swapFile);
    if (pid != null) {
      parameters.put("pid", pid);
    }
    screen.show(target.ask("power-on", parameters), on -> "");
    return ExitStatus.DONE.number();
  }
}
