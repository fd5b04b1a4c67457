package dev.pando.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VmNameTest {
  @ParameterizedTest
  @ValueSource(strings = {"a", "course/s01", "with blank", "küche", "...", "a.b", "-x", "ü@2"})
  void whatADirectoryCanBeCalledIsAName(String name) throws ControlException {
    assertEquals(name, VmName.checked(name));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "/", "a/", "/a", "a//b", ".", "..", "a/./b", "../a", "a/..", "a\nb", "\u0000"})
  void whatNoDirectoryCanBeCalledIsRefusedInOneSentence(String name) {
    ControlException failure = assertThrows(ControlException.class, () -> VmName.checked(name));
    assertEquals(ExitStatus.USAGE, failure.status());
    assertFalse(failure.getMessage().contains("\n"), failure.getMessage());
  }

  @Test
  void aComponentMayHave255BytesAndNoMore() throws ControlException {
    String longest = "ü".repeat(127) + "x";
    assertEquals("a/" + longest, VmName.checked("a/" + longest));
    assertThrows(ControlException.class, () -> VmName.checked("a/" + longest + "x"));
  }
}
