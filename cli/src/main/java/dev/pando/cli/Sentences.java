package dev.pando.cli;

/** Text from outside, made fit to stand in a one-line message. */
final class Sentences {
  private static final int LIMIT = 80;

  private Sentences() {}

  /** On one line, without control characters. */
  static String oneLine(String text) {
    return text.strip().replaceAll("\\s*[\\r\\n]+\\s*", "; ").replaceAll("\\p{Cntrl}", "?");
  }

  /** A name or a path to be quoted: control characters as {@code ?}, and not too long. */
  static String printable(String text) {
    String safe = text.replaceAll("\\p{Cntrl}", "?");
    return safe.length() <= LIMIT ? safe : safe.substring(0, LIMIT) + "...";
  }
}
