package dev.pando.daemon.host;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.StringTokenizer;

/** What a process has of the host's memory, and what it was told by its command line: proc(5). */
public final class ProcessMemory {
  private static final String RESIDENT = "VmRSS";
  private static final int KIB_SHIFT = 10;

  private ProcessMemory() {}

  /** How much of the host's memory a process has; nothing if it is gone or may not be asked. */
  public static OptionalLong residentBytes(long processId) {
    return kibibytes(processId, RESIDENT);
  }

  private static OptionalLong kibibytes(long processId, String field) {
    try {
      return ProcessFiles.of(processId).status(field).stream()
          .mapToLong(value -> Long.parseLong(new StringTokenizer(value).nextToken()) << KIB_SHIFT)
          .findFirst();
    } catch (IOException | NumberFormatException unknown) {
      return OptionalLong.empty();
    }
  }

  /** The words of the command line that started a process; none if it is gone. */
  public static List<String> arguments(long processId) {
    try {
      return ProcessFiles.of(processId)
          .bytes("cmdline")
          .filter(line -> line.length > 0)
          .map(line -> List.of(new String(line, UTF_8).split("\0")))
          .orElse(List.of());
    } catch (IOException unknown) {
      return List.of();
    }
  }
}
