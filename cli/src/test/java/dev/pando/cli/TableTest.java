package dev.pando.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void columnsAreAsWideAsTheirWidestCellAndLinesEndWithoutBlanks() {
    String table =
        new Table("NAME", ">SIZE", "KIND")
            .row("küche", "1 B", "vm")
            .row("a", "12 MiB", "")
            .toString();
    assertEquals("NAME     SIZE  KIND\nküche     1 B  vm\na      12 MiB\n", table);
  }
}
