package dev.pando.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Commands look at all processes of the host, of which any may end meanwhile. */
class ProcessesThatEndTest {
  private static final int PROCESSES = 300;
  private static final Path NOWHERE = Path.of("/no/such/mount");

  private static CompletableFuture<Void> comingAndGoing() {
    return CompletableFuture.runAsync(
        () -> {
          try {
            for (int i = 0; i < PROCESSES; i++) {
              new ProcessBuilder("true").start().onExit().join();
            }
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  @Test
  void areNoUsersOfAMountAndNoFault() {
    CompletableFuture<Void> others = comingAndGoing();
    while (!others.isDone()) {
      assertEquals("", MountUsers.named(NOWHERE));
    }
    others.join();
  }

  @Test
  void areNoDaemonsAndNoFault() throws Exception {
    CompletableFuture<Void> others = comingAndGoing();
    while (!others.isDone()) {
      assertEquals(OptionalLong.empty(), DaemonProcesses.serving(NOWHERE, 0));
    }
    others.join();
  }
}
