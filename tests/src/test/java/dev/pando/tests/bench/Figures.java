package dev.pando.tests.bench;

import java.util.Locale;

/** Numbers as they are printed. */
final class Figures {
  private Figures() {}

  /** Three digits at least: 0.27, 2.53, 60.7, 168,000. */
  static String of(double value) {
    double size = Math.abs(value);
    if (size >= 10_000) {
      return String.format(Locale.ROOT, "%,d", Math.round(value / 100) * 100);
    }
    if (size >= 100) {
      return String.format(Locale.ROOT, "%,d", Math.round(value));
    }
    return String.format(Locale.ROOT, size >= 10 ? "%.1f" : "%.2f", value);
  }

  static String percent(double part) {
    return String.format(Locale.ROOT, "%d %%", Math.round(part * 100));
  }
}
