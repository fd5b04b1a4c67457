package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import dev.pando.daemon.control.MountEntry;
import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.fuse.MountOptions;
import dev.pando.daemon.fuse.TransportChoice;
import dev.pando.daemon.host.HostUser;
import dev.pando.daemon.vm.running.DiskPower;
import dev.pando.daemon.vm.running.Hypervisors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
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
    JsonNode mount =
        mounted.isPresent() ? present(mounted.get(), what, choice) : start(what, where, choice);
    requireSeen(mount, where);
    for (JsonNode finding : mount.path("findings")) {
      screen.say(finding.asText());
    }
    for (JsonNode loss : mount.path("losses")) {
      screen.say("data is lost: " + loss.asText() + "; 'pando scrub' says whose it is");
    }
    screen.show(mount, shown -> "");
    return ExitStatus.DONE.number();
  }

  /** What is mounted already: it must be what is asked for, and answer. */
  private JsonNode present(MountEntry mounted, Path what, TransportChoice choice)
      throws ControlException {
    if (!mounted.store().equals(what)) {
      throw new ControlException(
          ExitStatus.REFUSED, mountpoint + " already shows the store " + mounted.store());
    }
    if (!choice.allows(mounted.transport())) {
      throw isOtherwise("by the transport " + mounted.transport());
    }
    JsonNode mount = daemons.status(mounted);
    requireAnswer(mount);
    String admitted = mount.path("admission").asText("");
    if (admission != null && !admitted.isEmpty() && !admitted.equals(admission)) {
      throw isOtherwise("with the admission " + admitted);
    }
    String known = mount.path("hypervisors").asText("");
    if (hypervisors != null && !known.isEmpty() && !known.equals(hypervisors)) {
      throw isOtherwise("with the hypervisors " + known);
    }
    if (options != null && mount.path("options").isTextual()) {
      String given = mount.path("options").asText();
      if (!parsed(given).equals(parsed(options))) {
        throw isOtherwise(given.isEmpty() ? "without options" : "with the options " + given);
      }
    }
    return mount;
  }

  private void requireAnswer(JsonNode mount) throws ControlException {
    String state = mount.path("state").asText();
    if (state.equals("failed")) {
      throw new ControlException(
          ExitStatus.NO_DAEMON,
          "the daemon of "
              + mountpoint
              + " does not answer: 'pando restart --force "
              + mountpoint
              + "' puts another in its place");
    }
    if (state.equals("recovering")) {
      throw new ControlException(
          ExitStatus.NO_DAEMON,
          "the daemon of "
              + mountpoint
              + " has ended and another is about to take over: try again in a moment");
    }
  }

  private ControlException isOtherwise(String how) {
    return new ControlException(
        ExitStatus.REFUSED, mountpoint + " is mounted already, " + how + "; unmount it first");
  }

  private static MountOptions parsed(String options) throws ControlException {
    try {
      return MountOptions.parse(options, HostUser.current().isRoot());
    } catch (MountException e) {
      throw new ControlException(ExitStatus.USAGE, e.getMessage());
    }
  }

  /** The caller's own table of mounts decides: what a daemon serves may be elsewhere. */
  private void requireSeen(JsonNode mount, Path where) throws ControlException {
    if (!mount.path("device").isInt()) {
      return; // a daemon of an earlier version does not tell
    }
    OptionalInt seen = KernelMounts.minorOfPandoAt(where);
    if (seen.isEmpty() || seen.getAsInt() != mount.path("device").asInt()) {
      throw new ControlException(
          ExitStatus.REFUSED,
          "%s shows nothing here, though a daemon (pid %d) serves it: it was unmounted lazily while"
                  .formatted(mountpoint, mount.path("pid").asLong())
              + " something was open, or is in another name space of mounts; 'pando umount --force"
              + " "
              + mountpoint
              + "' ends it");
    }
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

  /** Starts a daemon; if another command does the same at the same time, that one is as good. */
  private JsonNode start(Path what, Path where, TransportChoice choice) throws ControlException {
    try {
      return start(what, where);
    } catch (ControlException refused) {
      Optional<MountEntry> other =
          refused.status() == ExitStatus.REFUSED ? daemons.awaitMount(where) : Optional.empty();
      if (other.isEmpty()) {
        throw refused;
      }
      return present(other.get(), what, choice);
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
