package dev.pando.daemon.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FusermountTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({
    "user_allow_other, true",
    "' user_allow_other  # all may', true",
    "#user_allow_other, false",
    "user_allow_other_things, false",
    "mount_max = 7, false"
  })
  void aLineOfItsOwnLetsUsersShowTheirMountsToOthers(String line, boolean isAllowed)
      throws IOException {
    Path file = Files.writeString(directory.resolve("fuse.conf"), "mount_max = 9\n" + line + "\n");
    assertEquals(isAllowed, Fusermount.isAllowed(file));
  }

  @Test
  void withoutTheFileNobodyMay() {
    assertFalse(Fusermount.isAllowed(directory.resolve("fuse.conf")));
  }
}
