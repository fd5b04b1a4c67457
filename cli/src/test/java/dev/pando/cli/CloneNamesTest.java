package dev.pando.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CloneNamesTest {
  @Test
  void twentyClonesHaveTwoDigits() throws ControlException {
    List<String> names = CloneNames.counted("s", 20);
    assertEquals(20, names.size());
    assertEquals("s01", names.get(0));
    assertEquals("s20", names.get(19));
  }

  @Test
  void aHundredClonesHaveThreeDigits() throws ControlException {
    List<String> names = CloneNames.counted("course/s", 100);
    assertEquals("course/s001", names.get(0));
    assertEquals("course/s100", names.get(99));
  }

  @Test
  void aNumberIsNeverGluedToADigit() throws ControlException {
    assertEquals(List.of("lab2-01", "lab2-02"), CloneNames.counted("lab2", 2));
  }

  @Test
  void countsOutsideTheLimitsAreRefused() {
    for (int count : new int[] {-1, 0, CloneNames.LIMIT + 1}) {
      ControlException failure =
          assertThrows(ControlException.class, () -> CloneNames.counted("s", count));
      assertEquals(ExitStatus.USAGE, failure.status());
    }
  }

  @Test
  void aFileGivesOneNameALineWithoutCommentsAndEmptyLines(@TempDir Path directory)
      throws IOException, ControlException {
    Path file =
        Files.writeString(directory.resolve("class"), "# 2026\nann\n\n  bob \r\ncourse/cleo");
    assertEquals(List.of("ann", "bob", "course/cleo"), CloneNames.from(file));
  }

  @Test
  void aNameThatStandsTwiceInAFileIsRefused(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("class"), "ann\nbob\nann\n");
    ControlException failure = assertThrows(ControlException.class, () -> CloneNames.from(file));
    assertEquals(ExitStatus.USAGE, failure.status());
  }

  @Test
  void aFileThatIsNotThereIsMissing(@TempDir Path directory) {
    ControlException failure =
        assertThrows(ControlException.class, () -> CloneNames.from(directory.resolve("nothing")));
    assertEquals(ExitStatus.MISSING, failure.status());
  }
}
