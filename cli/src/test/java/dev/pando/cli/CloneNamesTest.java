package dev.pando.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CloneNamesTest {
  @Test
  void twentyClonesHaveTwoDigits() throws Failure {
    List<String> names = CloneNames.counted("s", 20);
    assertEquals(20, names.size());
    assertEquals("s01", names.get(0));
    assertEquals("s20", names.get(19));
  }

  @Test
  void aHundredClonesHaveThreeDigits() throws Failure {
    List<String> names = CloneNames.counted("course/s", 100);
    assertEquals("course/s001", names.get(0));
    assertEquals("course/s100", names.get(99));
  }

  @Test
  void aNumberIsNeverGluedToADigit() throws Failure {
    assertEquals(List.of("lab2-01", "lab2-02"), CloneNames.counted("lab2", 2));
  }

  @Test
  void countsOutsideTheLimitsAreRefused() {
    for (int count : new int[] {-1, 0, CloneNames.LIMIT + 1}) {
      Failure failure = assertThrows(Failure.class, () -> CloneNames.counted("s", count));
      assertEquals(ExitCode.USAGE, failure.code());
    }
  }

  @Test
  void aFileGivesOneNameALineWithoutCommentsAndEmptyLines(@TempDir Path directory)
      throws IOException, Failure {
    Path file =
        Files.writeString(directory.resolve("class"), "# 2026\nann\n\n  bob \r\ncourse/cleo");
    assertEquals(List.of("ann", "bob", "course/cleo"), CloneNames.from(file));
  }

  @Test
  void aNameThatStandsTwiceInAFileIsRefused(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("class"), "ann\nbob\nann\n");
    Failure failure = assertThrows(Failure.class, () -> CloneNames.from(file));
    assertEquals(ExitCode.USAGE, failure.code());
  }

  @Test
  void aFileThatIsNotThereIsMissing(@TempDir Path directory) {
    Failure failure =
        assertThrows(Failure.class, () -> CloneNames.from(directory.resolve("nothing")));
    assertEquals(ExitCode.MISSING, failure.code());
  }
}
