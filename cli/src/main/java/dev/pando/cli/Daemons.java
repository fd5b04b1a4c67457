package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlClient;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import dev.pando.daemon.control.MountEntry;
import dev.pando.daemon.control.MountRegistry;
import dev.pando.daemon.control.Progress;
import dev.pando.daemon.control.RuntimeDirectory;
import dev.pando.daemon.host.HostUser;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** The daemons of this user on this machine, and the way to ask them. */
final class Daemons {
  /** How long a command waits for a daemon that is about to take a mount over. */
  private static final Duration TAKEOVER_LIMIT = Duration.ofSeconds(2);

  /** How long a daemon may take to start. */
  private static final Duration START_LIMIT = Duration.ofSeconds(30);

  private static final long POLL_NANOS = Duration.ofMillis(10).toNanos();

  /** How long a process that was killed may be seen when its connections are closed already. */
  private static final long ENDING_NANOS = Duration.ofMillis(100).toNanos();

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
      document.set("device", answer.path("device"));
      document.set("options", answer.path("options"));
      document.set("admission", answer.path("admission"));
      document.set("hypervisors", answer.path("hypervisors"));
      document.set("availableBytes", answer.path("availableBytes"));
      document.set("lowSpace", answer.path("lowSpace"));
      document.putArray("losses").addAll(Json.elements(answer.path("losses")));
      document.putArray("findings").addAll(Json.elements(answer.path("findings")));
      document.set("damagedTrees", answer.path("damagedTrees"));
      document.putArray("serializedBy").addAll(Json.elements(answer.path("serializedBy")));
    } catch (ControlException e) {
      document.put("state", isRecovering(mount) ? "recovering" : "failed").putArray("serializedBy");
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
    try (ControlClient daemon = connect(served(mount))) {
      return daemon.call(method, parameters, progress);
    }
  }

  /** Connects. Who ends before he has greeted was asked for nothing: the next one is asked. */
  private ControlClient connect(MountEntry served) throws ControlException {
    try {
      return ControlClient.connect(served);
    } catch (ControlException e) {
      if (e.status() != ExitStatus.NO_DAEMON || !isEnding(served)) {
        throw e;
      }
      return ControlClient.connect(awaitOther(served, TAKEOVER_LIMIT));
    }
  }

  /** Whether the daemon is gone, or will be at once, and another is to follow. */
  private static boolean isEnding(MountEntry mount) {
    long deadline = System.nanoTime() + ENDING_NANOS;
    while (!isRecovering(mount) && System.nanoTime() < deadline) {
      LockSupport.parkNanos(POLL_NANOS);
    }
    return isRecovering(mount);
  }

  /** Whether the daemon ends, or has ended, within {@code limit}. */
  boolean ends(MountEntry mount, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (mount.hasDaemon() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(POLL_NANOS);
    }
    return !mount.hasDaemon();
  }

  /** Whether the daemon is gone and another is about to take the mount over. */
  private static boolean isRecovering(MountEntry mount) {
    return mount.isLive() && !mount.hasDaemon();
  }

  /** The mount's entry when a daemon serves it: if one is about to, it is waited for. */
  private MountEntry served(MountEntry mount) throws ControlException {
    return isRecovering(mount) ? awaitOther(mount, TAKEOVER_LIMIT) : mount;
  }

  /**
   * The mount at {@code mountpoint} when its daemon has made it known: it may be starting, by
   * another command, and is waited for.
   */
  Optional<MountEntry> awaitMount(Path mountpoint) throws ControlException {
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    Optional<MountEntry> mount = registry.mountAt(mountpoint);
    try {
      while (mount.isEmpty()
          && System.nanoTime() < deadline
          && DaemonProcesses.serving(mountpoint, HostUser.current().uid()).isPresent()) {
        LockSupport.parkNanos(POLL_NANOS);
        mount = registry.mountAt(mountpoint);
      }
    } catch (IOException unknown) {
      throw new ControlException(
          ExitStatus.FAILED,
          "it can not be told whether a daemon serves " + mountpoint + ": " + unknown.getMessage());
    }
    return mount;
  }

  /**
   * Waits until another daemon serves the mount than {@code mount} says.
   *
   * @throws ControlException NO_DAEMON if there is none within {@code limit}
   */
  MountEntry awaitOther(MountEntry mount, Duration limit) throws ControlException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (System.nanoTime() < deadline) {
      Optional<MountEntry> now = registry.mountAt(mount.mountpoint());
      if (now.isPresent() && now.get().hasDaemon() && now.get().pid() != mount.pid()) {
        return now.get();
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
    throw new ControlException(
        ExitStatus.NO_DAEMON,
        "the daemon of "
            + mount.mountpoint()
            + " has ended and another is about to take over: try again in a moment");
  }
}
