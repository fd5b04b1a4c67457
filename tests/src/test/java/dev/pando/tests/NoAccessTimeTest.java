package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Where reading leaves no trace. */
class NoAccessTimeTest {
  private static final String READ_ALL =
      """
      cat "$1"/*.img "$1"/link/x 2>/dev/null
      ls "$1" "$1/sub" >/dev/null
      readlink "$1/link"
      stat -c '%n %X' "$1" "$1/disk.img" "$1/sub" "$1/link"
      """;

  private static final String MAKE =
      """
      mkdir -p "$1/sub" && echo text >"$1/disk.img" && ln -s sub "$1/link"
      touch -h -d @1000 "$1/sub" "$1/disk.img" "$1/link" "$1"
      """;

  private static long untouched(Outcome read) {
    return read.succeeded().out().lines().filter(line -> line.endsWith(" 1000")).count();
  }

  @Test
  void aMountWithNoatimeMovesNoTimeOfAccess() throws IOException {
    try (MountedStore mounted = MountedStore.mounted("-o", "noatime")) {
      Program.shell(MAKE, mounted.at("vm")).run().succeeded();
      assertEquals(4, untouched(Program.shell(READ_ALL, mounted.at("vm")).run()));
    }
  }

  @Test
  void aReadOfATemplateMovesNoTimeOfAccess() throws IOException {
    try (MountedStore mounted = MountedStore.mounted()) {
      Program.shell(MAKE, mounted.at("vm")).run().succeeded();
      mounted.pando("freeze", "vm").succeeded();
      assertEquals(4, untouched(Program.shell(READ_ALL, mounted.at("vm")).run()));
      mounted.pando("thaw", "vm").succeeded();
      assertNotEquals(4, untouched(Program.shell(READ_ALL, mounted.at("vm")).run()));
    }
  }
}
