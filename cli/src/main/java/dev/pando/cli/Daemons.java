package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The daemons of this machine, as far as a command can see and ask them. */
interface Daemons {
  /** Every mount whose daemon this user may speak to, in the order of their mount points. */
  List<Mount> mounts();

  /** The mount at this absolute path. */
  default Optional<Mount> mountAt(Path mountpoint) {
    return mounts().stream().filter(mount -> mount.mountpoint().equals(mountpoint)).findFirst();
  }

  /**
   * Asks the daemon of a mount and waits for its answer.
   *
   * @param parameters by name
   * @throws Failure with the daemon's own sentence and exit code, or with {@link
   *     ExitCode#NO_DAEMON} when it does not answer
   */
  JsonNode call(Mount mount, String method, ObjectNode parameters) throws Failure;
}
