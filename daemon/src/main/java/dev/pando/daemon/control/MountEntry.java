package dev.pando.daemon.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.host.ProcessStart;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A mount and the daemon that serves it.
 *
 * @param mountpoint absolute
 * @param store absolute
 * @param pid the daemon's process
 * @param startTicks when that process started; a process of another time is another one
 * @param keeper the process that lets the mount outlive the daemon; 0: none
 * @param keeperTicks when that process started
 * @param socket where the daemon answers
 * @param transport {@code kernel} or {@code jnr-fuse}
 */
public record MountEntry(
    Path mountpoint,
    Path store,
    long pid,
    long startTicks,
    long keeper,
    long keeperTicks,
    Path socket,
    String transport) {

  /** Whether the mount is served, or will be again in a moment. */
  public boolean isLive() {
    return hasDaemon() || isThere(keeper, keeperTicks);
  }

  /** Whether the daemon's process is there. */
  public boolean hasDaemon() {
    return isThere(pid, startTicks);
  }

  /** Whether the process is there that starts another daemon. */
  public boolean hasKeeper() {
    return isThere(keeper, keeperTicks);
  }

  /** The same mount with another keeper. */
  public MountEntry keptBy(long process, long ticks) {
    return new MountEntry(mountpoint, store, pid, startTicks, process, ticks, socket, transport);
  }

  /** The process that lives as long as the mount: the entry is named after it. */
  long owner() {
    return keeper == 0 ? pid : keeper;
  }

  private static boolean isThere(long process, long startTicks) {
    return process != 0 && ProcessStart.isThere(process, startTicks);
  }

  ObjectNode toJson() {
    return JsonRpc.object()
        .put("mountpoint", mountpoint.toString())
        .put("store", store.toString())
        .put("pid", pid)
        .put("startTicks", startTicks)
        .put("keeper", keeper)
        .put("keeperTicks", keeperTicks)
        .put("socket", socket.toString())
        .put("transport", transport);
  }

  /** The entry of a document, or nothing if it is not one. */
  static Optional<MountEntry> fromJson(JsonNode json) {
    boolean isEntry =
        json.path("mountpoint").isTextual()
            && json.path("store").isTextual()
            && json.path("pid").canConvertToLong()
            && json.path("startTicks").canConvertToLong()
            && json.path("socket").isTextual()
            && json.path("transport").isTextual();
    if (!isEntry) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new MountEntry(
              Path.of(json.get("mountpoint").asText()),
              Path.of(json.get("store").asText()),
              json.get("pid").asLong(),
              json.get("startTicks").asLong(),
              json.path("keeper").asLong(),
              json.path("keeperTicks").asLong(),
              Path.of(json.get("socket").asText()),
              json.get("transport").asText()));
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }
}
