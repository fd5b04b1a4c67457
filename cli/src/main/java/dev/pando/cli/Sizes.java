package dev.pando.cli;

import java.util.Locale;

/** Bytes as a person reads them: three digits and a binary unit, {@code 1.50 GiB}. */
final class Sizes {
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private Sizes() {}

  static String human(long bytes) {
    if (Math.abs(bytes) < 1024) {
      return bytes + " B";
    }
    double value = bytes;
    int unit = 0;
    // 1023.5 and more would be shown as four digits
    while (Math.abs(value) >= 1023.5) {
      value /= 1024;
      unit++;
    }
    int decimals = Math.abs(value) < 9.995 ? 2 : Math.abs(value) < 99.95 ? 1 : 0;
    return String.format(Locale.ROOT, "%." + decimals + "f %s", value, UNITS[unit]);
  }
}
