package dev.pando.daemon.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class ProgramTest {
  private static Program.Outcome shell(String script) throws IOException {
    return Program.run(List.of("sh", "-c", script));
  }

  @Test
  void whatItSaysAndHowItEndsAreTold() throws IOException {
    Program.Outcome outcome = shell("echo out; echo err >&2; exit 7");
    assertEquals("out\nerr\n", outcome.words());
    assertEquals(7, outcome.exitCode());
    assertEquals(OptionalInt.empty(), outcome.descriptor());
  }

  @Test
  void moreThanOneMessageIsHeard() throws IOException {
    assertEquals(5000, shell("head -c 5000 /dev/zero | tr '\\0' x").words().length());
  }

  @Test
  void itsSocketIsWhereItLooksForIt() throws IOException {
    assertEquals("yes\n", shell("[ -S /proc/self/fd/$_FUSE_COMMFD ] && echo yes").words());
  }

  @Test
  void anEndBySignalIsNoSuccess() throws IOException {
    assertEquals(128 + 9, shell("kill -9 $$").exitCode());
  }

  @Test
  void aProgramThatIsNotThereCanNotBeStarted() {
    assertThrows(IOException.class, () -> Program.run(List.of("pando-no-such-program")));
  }
}
