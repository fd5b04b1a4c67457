package dev.pando.daemon.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/** When processes started: what tells a process from a later one with the same number. */
public final class ProcessStart {
  /** Fields of /proc/PID/stat behind the command's name: proc(5), fields 3, 20 and 22. */
  private static final int STATE = 0;

  private static final int THREADS = 17;
  private static final int START_TIME = 19;

  private ProcessStart() {}

  /**
   * The start of process {@code pid} in ticks since boot; nothing if it is gone or a zombie.
   *
   * @throws UncheckedIOException if that can not be told
   */
  public static Optional<Long> ticks(long pid) {
    try {
      return ProcessFiles.of(pid).text("stat").flatMap(ProcessStart::parse);
    } catch (IOException failure) {
      throw new UncheckedIOException("process " + pid + " can not be looked at", failure);
    }
  }

  /**
   * Whether the process with this number is the one that started then. Where that can not be told
   * it is: what a living process has must not be taken from it, and who asks can ask again.
   */
  public static boolean isThere(long pid, long startTicks) {
    try {
      return ticks(pid).filter(ticks -> ticks == startTicks).isPresent();
    } catch (UncheckedIOException unknown) {
      return true;
    }
  }

  private static Optional<Long> parse(String stat) {
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
