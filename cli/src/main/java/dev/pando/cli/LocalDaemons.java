package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** The daemons of this machine, by their sockets. */
final class LocalDaemons implements Daemons {
  @Override
  public List<Mount> mounts() {
    return List.of();
  }

  @Override
  public JsonNode call(Mount mount, String method, ObjectNode parameters) throws Failure {
    throw new Failure(
        ExitCode.NO_DAEMON, "the daemon of " + mount.mountpoint() + " does not answer");
  }
}
