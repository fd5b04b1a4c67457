package dev.pando.daemon.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** When processes started: what tells a process from a later one with the same number. */
public final class ProcessStart {
  /** Fields of /proc/PID/stat behind the command's name: proc(5), fields 3, 20 and 22. */
  private static final int STATE = 0;

  private static final int THREADS = 17;
  private static final int START_TIME = 19;

  private ProcessStart() {}

  /** The start of process {@code pid} in ticks since boot; nothing if it is gone or a zombie. */
  public static Optional<Long> ticks(long pid) {
    String stat;
    try {
      byte[] bytes = Files.readAllBytes(Path.of("/proc", Long.toString(pid), "stat"));
      stat = new String(bytes, StandardCharsets.ISO_8859_1);
    } catch (IOException gone) {
      return Optional.empty();
    }
    // The name stands in parentheses and may itself hold blanks and parentheses.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
    if (fields.length <= START_TIME) {
      return Optional.empty();
    }
    // a zombie whose other threads are still ending holds its files until they have
    boolean isGone = "ZX".contains(fields[STATE]) && Integer.parseInt(fields[THREADS]) <= 1;
    return isGone ? Optional.empty() : Optional.of(Long.parseLong(fields[START_TIME]));
  }
}
