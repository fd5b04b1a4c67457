package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import dev.pando.daemon.control.MountEntry;
import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.fuse.TransportChoice;
import dev.pando.daemon.vm.running.DiskPower;
import dev.pando.daemon.vm.running.Hypervisors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "mount",
    description =
        "Start a daemon that shows a store at a mount point, and return when it answers. A STORE"
            + " that is missing or an empty directory becomes a new store.",
    footer = "%nExample: pando mount /var/lib/pando /srv/vms")
final class MountCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();
  private final Daemons daemons;

  @Parameters(index = "0", paramLabel = "STORE", description = "The store's directory.")
  private Path store;

  @Parameters(index = "1", paramLabel = "MOUNTPOINT", description = "An empty directory.")
  private Path mountpoint;

  @Option(
      names = "--foreground",
      description = "Stay in the foreground, for a supervisor; messages go to standard error.")
  private boolean foreground;

  @Option(
      names = "--transport",
      paramLabel = "NAME",
      description =
          "How to reach the kernel: 'kernel' speaks to it directly, 'jnr-fuse' through libfuse 2,"
              + " 'auto' (when nothing is said) takes what works best here.")
  private String transport = TransportChoice.AUTO.text();

  @Option(names = "-o", paramLabel = "OPTIONS", description = "Mount options, with commas.")
  private String options;

  @Option(
      names = "--accept-loss",
      description =
          "Open a store that was copied while it was mounted, or whose journal is missing or"
              + " damaged, as it is: writes that were acknowledged may be lost.")
  private boolean acceptLoss;

  @Option(
      names = "--admission",
      paramLabel = "POLICY",
      description =
          "A hypervisor that opens a VM's disk powers it on. If there is no memory for it: 'advise'"
              + " (when nothing is said) writes that to the log, 'enforce' refuses with ENOMEM.")
  private String admission;

  @Option(
      names = "--hypervisors",
      paramLabel = "NAMES",
      description =
          "Which programs are hypervisors, with commas; * stands for any characters. When nothing"
              + " is said: "
              + Hypervisors.USUAL
              + ".")
  private String hypervisors;

  MountCommand(Daemons daemons) {
    this.daemons = daemons;
  }

  @Override
  public Integer call() throws ControlException {
    if (foreground) {
      throw new ControlException(
          ExitStatus.USAGE, "--foreground is carried out by the launcher, cli/bin/pando");
    }
    TransportChoice choice = choice();
    checkAdmission();
    Path where = CanonicalPath.of(mountpoint);
    Path what = CanonicalPath.of(store);
    Optional<MountEntry> mounted = daemons.mountAt(where);
    if (mounted.isPresent() && !mounted.get().store().equals(what)) {
      throw new ControlException(
          ExitStatus.REFUSED, mountpoint + " already shows the store " + mounted.get().store());
    }
    if (mounted.isPresent() && !choice.allows(mounted.get().transport())) {
      throw new ControlException(
          ExitStatus.REFUSED,
          mountpoint
              + " is mounted already, by the transport "
              + mounted.get().transport()
              + "; unmount it first");
    }
    JsonNode mount = mounted.isPresent() ? daemons.status(mounted.get()) : start(what, where);
    String is = mount.path("admission").asText("");
    if (admission != null && !is.isEmpty() && !is.equals(admission)) {
      throw new ControlException(
          ExitStatus.REFUSED,
          mountpoint + " is mounted already, with the admission " + is + "; unmount it first");
    }
    screen.show(mount, shown -> "");
    return ExitStatus.DONE.number();
  }

  private TransportChoice choice() throws ControlException {
    try {
      return TransportChoice.parse(transport);
    } catch (MountException e) {
      throw new ControlException(ExitStatus.USAGE, e.getMessage());
    }
  }

  private void checkAdmission() throws ControlException {
    if (admission != null && DiskPower.Policy.parse(admission).isEmpty()) {
      throw new ControlException(
          ExitStatus.USAGE, "'" + admission + "' is no admission: advise or enforce would be");
    }
    try {
      Hypervisors.parse(hypervisors == null ? Hypervisors.USUAL : hypervisors);
    } catch (IllegalArgumentException e) {
      throw new ControlException(ExitStatus.USAGE, e.getMessage());
    }
  }

  private JsonNode start(Path what, Path where) throws ControlException {
    List<String> arguments =
        new ArrayList<>(List.of(what.toString(), where.toString(), "--transport", transport));
    if (options != null) {
      arguments.addAll(List.of("-o", options));
    }
    if (admission != null) {
      arguments.addAll(List.of("--admission", admission));
    }
    if (hypervisors != null) {
      arguments.addAll(List.of("--hypervisors", hypervisors));
    }
    if (acceptLoss) {
      arguments.add("--accept-loss");
    }
    UnlistedMount.clear(where);
    return DaemonProcess.start(arguments);
  }
}
