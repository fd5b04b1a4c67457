package dev.pando.daemon.tree;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

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
  private static final String PROCESS = "Tgid:";

  /**
   * The process with this id, asked for its name now, while it is there.
   *
   * @param id of one of its threads, which is what the kernel tells of a request
   */
  public static Opener of(int id) {
    if (id <= 0) {
      return new Opener(0, "");
    }
    int processId = id;
    try {
      for (String line : Files.readAllLines(proc(id, "status"), ISO_8859_1)) {
        if (line.startsWith(PROCESS)) {
          processId = Integer.parseInt(line.substring(PROCESS.length()).strip());
          break;
        }
      }
      byte[] name = Files.readAllBytes(proc(processId, "comm"));
      return new Opener(processId, new String(name, UTF_8).strip());
    } catch (IOException | NumberFormatException gone) {
      return new Opener(processId, "");
    }
  }

  private static Path proc(int id, String file) {
    return Path.of("/proc", Integer.toString(id), file);
  }
}
