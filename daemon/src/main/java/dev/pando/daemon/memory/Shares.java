package dev.pando.daemon.memory;

import java.util.Locale;
import java.util.Optional;

/**
 * How much of the memory that several VMs want one gets, in relation to the others: a level, which
 * counts for each megabyte that the VM has (vSphere Resource Management, "Resource Allocation
 * Shares": 4:2:1), or a number.
 *
 * @param perMebibyte of a level; 0 for a number
 * @param custom the number; 0 for a level
 */
public record Shares(int perMebibyte, int custom) {
  public static final Shares LOW = new Shares(5, 0);
  public static final Shares NORMAL = new Shares(10, 0);
  public static final Shares HIGH = new Shares(20, 0);

  /** More digits than any number that is read has. */
  private static final int MAX_DIGITS = 9;

  /**
   * Reads {@code low}, {@code normal}, {@code high} or a number up to 999,999,999, in any case;
   * nothing for anything else.
   */
  public static Optional<Shares> parse(String text) {
    String word = text.strip().toLowerCase(Locale.ROOT);
    return switch (word) {
      case "low" -> Optional.of(LOW);
      case "normal" -> Optional.of(NORMAL);
      case "high" -> Optional.of(HIGH);
      default ->
          word.matches("\\d{1," + MAX_DIGITS + "}")
              ? Optional.of(new Shares(0, Integer.parseInt(word)))
              : Optional.empty();
    };
  }

  /** How many a VM of this size has. */
  public long of(long sizeBytes) {
    return perMebibyte > 0 ? perMebibyte * (sizeBytes / Units.MIB) : custom;
  }

  /** As {@link #parse} reads it. */
  public String text() {
    if (perMebibyte == 0) {
      return Integer.toString(custom);
    }
    return equals(LOW) ? "low" : equals(HIGH) ? "high" : "normal";
  }
}
