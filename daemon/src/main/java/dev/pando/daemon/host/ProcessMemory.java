package dev.pando.daemon.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.StringTokenizer;

/** What the kernel says of a process: proc(5). */
public final class ProcessMemory {
  private static final String RESIDENT = "VmRSS:";
  private static final int KIB_SHIFT = 10;

  private ProcessMemory() {}

  /** How much of the host's memory a process has; nothing if it is gone or may not be asked. */
  public static OptionalLong residentBytes(int processId) {
    try {
      for (String line : Files.readAllLines(file(processId, "status"))) {
        if (line.startsWith(RESIDENT)) {
          StringTokenizer words = new StringTokenizer(line.substring(RESIDENT.length()));
          return OptionalLong.of(Long.parseLong(words.nextToken()) << KIB_SHIFT);
        }
      }
    } catch (IOException | NumberFormatException gone) {
      // nothing is known of it
    }
    return OptionalLong.empty();
  }

  /** The words of the command line that started a process; none if it is gone. */
  public static List<String> arguments(int processId) {
    try {
      byte[] line = Files.readAllBytes(file(processId, "cmdline"));
      return List.of(new String(line, StandardCharsets.UTF_8).split("\0"));
    } catch (IOException gone) {
      return List.of();
    }
  }

  private static Path file(int processId, String name) {
    return Path.of("/proc", Integer.toString(processId), name);
  }
}
