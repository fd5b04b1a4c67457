package dev.pando.cowstore.io;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LockFileTest {
  private static final int F_DUPFD_CLOEXEC = 1030;

  @TempDir Path directory;

  /** Such as a process has that is being started, until it runs its program. */
  @Test
  void aCopyOfTheDescriptorDoesNotKeepTheLock() throws Exception {
    Path path = directory.resolve("lock");
    LockFile first = LockFile.tryHold(path).orElseThrow();
    int copy = LibC.CALLS.fcntl(descriptor(path), F_DUPFD_CLOEXEC, 0);
    assertTrue(copy > 0);
    assertTrue(LockFile.tryHold(path).isEmpty(), "held twice");
    first.close();
    Optional<LockFile> second = LockFile.tryHold(path);
    LibC.CALLS.close(copy);
    assertTrue(second.isPresent(), "the copy keeps it");
    assertTrue(LockFile.tryHold(path).isEmpty(), "held twice");
    second.get().close();
  }

  private static int descriptor(Path path) throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      List<Path> all = open.toList();
      for (Path fd : all) {
        try {
          if (Files.readSymbolicLink(fd).equals(path.toRealPath())) {
            return Integer.parseInt(fd.getFileName().toString());
          }
        } catch (NoSuchFileException e) {
          // closed meanwhile
        }
      }
    }
    throw new AssertionError(path + " is not open");
  }
}
