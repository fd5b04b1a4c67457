package dev.pando.cli;

import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Stands in the help; the launcher runs the demo itself, because it may have to install Java. */
@Command(
    name = "demo",
    description =
        "Install what is missing, build a small guest, freeze it, make 20 linked clones, boot two"
            + " of them in QEMU side by side, and show what was stored. Cleans up after itself.",
    footer = "%nExample: pando demo")
final class DemoCommand implements Callable<Integer> {
  @Override
  public Integer call() throws ControlException {
    throw new ControlException(
        ExitStatus.USAGE, "the demo is started by cli/bin/pando of a checkout");
  }
}
