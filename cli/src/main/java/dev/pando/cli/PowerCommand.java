package dev.pando.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "power",
    description =
        "Power a VM on, if there is memory for it, or off. It starts and stops no machine: it"
            + " admits one, and keeps what was promised. One that is on is neither frozen, renamed"
            + " nor removed. A hypervisor that opens the disks is seen without it.",
    synopsisSubcommandLabel = "on|off",
    footer = {
      "%nExample: pando power on s01",
      "         pando power on s01 -- qemu-system-x86_64 -m 512 s01.img",
      "         pando power off s01"
    })
final class PowerCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  /** Neither on nor off was said. */
  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "'on' or 'off' is missing");
  }
}
