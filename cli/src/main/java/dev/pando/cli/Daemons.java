package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlClient;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.MountEntry;
import dev.pando.daemon.control.MountRegistry;
import dev.pando.daemon.control.Progress;
import dev.pando.daemon.control.RuntimeDirectory;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The daemons of this user on this machine, and the way to ask them. */
final class Daemons {
  private final MountRegistry registry;

  Daemons(MountRegistry registry) {
    this.registry = registry;
  }

  static Daemons ofThisUser() {
    return new Daemons(new MountRegistry(RuntimeDirectory.current()));
  }

  /** Every mount whose daemon is there, ordered by mount point. */
  List<MountEntry> mounts() {
    return registry.mounts();
  }

  /** Every mount whose daemon was killed: it is still there, and answers nothing. */
  List<MountEntry> orphans() {
    return registry.leftBehind().stream()
        .filter(entry -> registry.mountAt(entry.mountpoint()).isEmpty())
        .filter(entry -> KernelMounts.hasPandoAt(entry.mountpoint()))
        .toList();
  }

  /**
   * @param mountpoint {@linkplain CanonicalPath canonical}
   */
  Optional<MountEntry> mountAt(Path mountpoint) {
    return registry.mountAt(mountpoint);
  }

  /** A mount as {@code status} shows it; one whose daemon does not answer has failed. */
  ObjectNode status(MountEntry mount) {
    ObjectNode document =
        Json.object()
            .put("mountpoint", mount.mountpoint().toString())
            .put("store", mount.store().toString())
            .put("transport", mount.transport())
            .put("pid", mount.pid());
    try {
      JsonNode answer = call(mount, "status", Json.object());
      document.put("state", answer.path("state").asText());
      document.set("log", answer.path("log"));
      document.set("availableBytes", answer.path("availableBytes"));
      document.set("lowSpace", answer.path("lowSpace"));
      document.putArray("serializedBy").addAll(Json.elements(answer.path("serializedBy")));
    } catch (ControlException e) {
      document.put("state", "failed").putArray("serializedBy");
    }
    return document;
  }

  /** Asks the daemon of a mount and waits for its answer. */
  JsonNode call(MountEntry mount, String method, ObjectNode parameters) throws ControlException {
    return call(mount, method, parameters, Progress.IGNORED);
  }

  /**
   * Asks the daemon of a mount and waits for its answer.
   *
   * @param parameters by name
   * @param progress told how far long work has come
   * @throws ControlException with the daemon's own sentence and status, or with NO_DAEMON when it
   *     does not answer
   */
  JsonNode call(MountEntry mount, String method, ObjectNode parameters, Progress progress)
      throws ControlException {
    try (ControlClient daemon = ControlClient.connect(mount)) {
      return daemon.call(method, parameters, progress);
    }
  }
}
