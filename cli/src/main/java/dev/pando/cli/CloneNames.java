package dev.pando.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The names that a {@code clone} command gives to its clones. */
final class CloneNames {
  /** What one command makes at most. */
  static final int LIMIT = 100_000;

  private CloneNames() {}

  /**
   * {@code s01 ... s20} for {@code s} and 20. The numbers have as many digits as the last, at least
   * two; after a digit stands a hyphen, so that {@code lab2} gives {@code lab2-01}.
   */
  static List<String> counted(String name, int count) throws ControlException {
    if (count < 1 || count > LIMIT) {
      throw new ControlException(
          ExitStatus.USAGE, "--count takes 1 to " + LIMIT + ", not " + count);
    }
    int digits = Math.max(2, Integer.toString(count).length());
    String hyphen = !name.isEmpty() && isDigit(name.charAt(name.length() - 1)) ? "-" : "";
    List<String> names = new ArrayList<>(count);
    for (int number = 1; number <= count; number++) {
      String text = Integer.toString(number);
      names.add(name + hyphen + "0".repeat(digits - text.length()) + text);
    }
    return names;
  }

  /**
   * One name a line; empty lines and lines that begin with {@code #} are passed over.
   *
   * @param file {@code -} is standard input
   */
  static List<String> from(Path file) throws ControlException {
    List<String> names = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (String line : text(file).lines().map(String::strip).toList()) {
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      if (!seen.add(line)) {
        throw new ControlException(
            ExitStatus.USAGE,
            "the name '"
                + Sentences.printable(line)
                + "' stands twice in "
                + file
                + "; take one of them out");
      }
      names.add(line);
    }
    if (names.isEmpty() || names.size() > LIMIT) {
      throw new ControlException(
          ExitStatus.USAGE,
          file + " has " + names.size() + " names; 1 to " + LIMIT + " are possible");
    }
    return names;
  }

  private static String text(Path file) throws ControlException {
    try (InputStream in = file.toString().equals("-") ? System.in : Files.newInputStream(file)) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new ControlException(
          ExitStatus.MISSING,
          Files.exists(file)
              ? file + " can not be read: " + e.getMessage()
              : "there is no file " + file + " to read names from; check its path");
    }
  }

  private static boolean isDigit(char character) {
    return character >= '0' && character <= '9';
  }
}
