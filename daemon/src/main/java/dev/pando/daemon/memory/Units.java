package dev.pando.daemon.memory;

import java.util.Locale;

/** Amounts of memory. */
public final class Units {
  public static final long MIB = 1L << 20;
  public static final long GIB = 1L << 30;

  private Units() {}

  /** For a sentence: exact where three digits are, in the largest unit that leaves a whole part. */
  public static String text(long bytes) {
    double gibibytes = (double) bytes / GIB;
    double mebibytes = (double) bytes / MIB;
    return Math.abs(bytes) >= GIB
        ? trimmed(gibibytes) + " GiB"
        : bytes == 0 ? "0" : trimmed(mebibytes) + " MiB";
  }

  private static String trimmed(double amount) {
    String digits = String.format(Locale.ROOT, "%.2f", amount);
    return digits.endsWith(".00")
        ? digits.substring(0, digits.length() - 3)
        : digits.endsWith("0") ? digits.substring(0, digits.length() - 1) : digits;
  }
}
