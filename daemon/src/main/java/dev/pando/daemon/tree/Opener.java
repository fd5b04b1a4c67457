package dev.pando.daemon.tree;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pando.daemon.host.ProcessFiles;
import java.io.IOException;

/**
 * Who opened a file.
 *
 * @param processId as the daemon's process id namespace sees it; 0 if unknown
 * @param command the process's name (proc(5), /proc/PID/comm), empty if it could not be told
 */
public record Opener(int processId, String command) {
  private static final String PROCESS = "Tgid";

  /**
   * The process with this id, asked for its name now, while it is there.
   *
   * @param id of one of its threads, which is what the kernel tells of a request
   */
  public static Opener of(int id) {
    int processId = processOf(id);
    if (processId == 0) {
      return new Opener(0, "");
    }
    try {
      String name = ProcessFiles.of(processId).bytes("comm").map(Opener::text).orElse("");
      return new Opener(processId, name);
    } catch (IOException unknown) {
      return new Opener(processId, "");
    }
  }

  /** The process that a thread is of: {@code id} itself if that can not be told; 0 for none. */
  static int processOf(int id) {
    if (id <= 0) {
      return 0;
    }
    try {
      return ProcessFiles.of(id).status(PROCESS).map(Integer::valueOf).orElse(id);
    } catch (IOException | NumberFormatException unknown) {
      return id;
    }
  }

  private static String text(byte[] line) {
    return new String(line, UTF_8).strip();
  }
}
