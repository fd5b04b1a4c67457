package dev.pando.daemon.tree;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Who opened a file.
 *
 * @param processId as the daemon's process id namespace sees it; 0 if unknown
 * @param command the process's name (proc(5), /proc/PID/comm), empty if it could not be told
 */
public record Opener(int processId, String command) {
  /** The process with this id, asked for its name now, while it is there. */
  public static Opener of(int processId) {
    if (processId <= 0) {
      return new Opener(0, "");
    }
    try {
      Path comm = Path.of("/proc", Integer.toString(processId), "comm");
      return new Opener(processId, Files.readString(comm).strip());
    } catch (IOException gone) {
      return new Opener(processId, "");
    }
  }
}
