package dev.pando.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Rows under a heading, in columns as wide as they must be. Numbers and sizes stand right. */
final class Table {
  private static final String GAP = "  ";

  private final List<String[]> rows = new ArrayList<>();
  private final boolean[] right;

  /**
   * @param heading the columns' names; one that begins with {@code >} is set to the right
   */
  Table(String... heading) {
    right = new boolean[heading.length];
    String[] names = new String[heading.length];
    for (int i = 0; i < heading.length; i++) {
      right[i] = heading[i].startsWith(">");
      names[i] = right[i] ? heading[i].substring(1) : heading[i];
    }
    rows.add(names);
  }

  Table row(String... cells) {
    if (cells.length != right.length) {
      throw new IllegalArgumentException(cells.length + " cells for " + right.length + " columns");
    }
    rows.add(cells);
    return this;
  }

  @Override
  public String toString() {
    int[] widths = new int[right.length];
    for (String[] row : rows) {
      Arrays.setAll(widths, i -> Math.max(widths[i], width(row[i])));
    }
    StringBuilder text = new StringBuilder();
    for (String[] row : rows) {
      int lineStart = text.length();
      for (int i = 0; i < row.length; i++) {
        String padding = " ".repeat(widths[i] - width(row[i]));
        text.append(i == 0 ? "" : GAP);
        text.append(right[i] ? padding + row[i] : row[i] + padding);
      }
      while (text.length() > lineStart && text.charAt(text.length() - 1) == ' ') {
        text.setLength(text.length() - 1);
      }
      text.append('\n');
    }
    return text.toString();
  }

  private static int width(String cell) {
    return cell.codePointCount(0, cell.length());
  }
}
