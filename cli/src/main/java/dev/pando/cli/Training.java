package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ControlMethod;
import dev.pando.daemon.control.ControlServer;
import dev.pando.daemon.control.ExitStatus;
import dev.pando.daemon.control.MountEntry;
import dev.pando.daemon.control.MountRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What the launcher runs once, its output thrown away, to record which classes a command needs
 * (class data sharing). It does what commands do, and asks what answers as a daemon would.
 */
final class Training {
  private static final List<List<String>> COMMANDS =
      List.of(
          List.of("--version"),
          List.of("--help"),
          List.of("clone", "--help"),
          List.of("status"),
          List.of("list"),
          List.of("list", "--json"),
          List.of("clone", "trained", "clone"),
          List.of("power", "on", "trained"),
          List.of("freeze", ""));

  private Training() {}

  /** Runs a few commands; how they end does not matter. */
  public static void main(String[] arguments) throws IOException {
    Path directory = Files.createTempDirectory("pando-training-");
    Path mountpoint = Files.createDirectory(directory.resolve("mnt"));
    MountRegistry registry = new MountRegistry(directory);
    ControlServer daemon =
        ControlServer.open(registry.socket(ProcessHandle.current().pid()), methods());
    try {
      MountEntry entry = registry.ownEntry(mountpoint, directory, "kernel", OptionalLong.empty());
      registry.publish(entry);
      for (List<String> command : COMMANDS) {
        Pando.execute(command.toArray(String[]::new), new Daemons(registry), null);
      }
      registry.withdraw(entry);
    } finally {
      daemon.close();
      Files.delete(mountpoint);
      Files.delete(directory);
    }
  }

  private static Map<String, ControlMethod> methods() {
    ControlMethod.Body refuses =
        (parameters, progress) -> {
          throw new ControlException(ExitStatus.REFUSED, "this is no daemon");
        };
    return Map.of(
        "status",
            ControlMethod.quick((parameters, progress) -> Json.object().put("state", "ready")),
        "list", ControlMethod.lasting((parameters, progress) -> vms()),
        "clone", ControlMethod.lasting((parameters, progress) -> vms()),
        "power-on", ControlMethod.lasting(refuses));
  }

  private static JsonNode vms() {
    ObjectNode vm =
        Json.object()
            .put("name", "trained")
            .put("kind", "template")
            .put("generation", 1)
            .put("running", false)
            .put("logicalBytes", 1L << 30)
            .put("privateBytes", 4096)
            .put("sharedBytes", 0);
    ObjectNode document = Json.object();
    document.putArray("vms").add(vm);
    return document;
  }
}
