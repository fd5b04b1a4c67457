package dev.pando.tests.conformance;

import dev.pando.testing.Patience;
import dev.pando.tests.conformance.Posix.Time;
import java.nio.file.Path;

/**
 * The clock of a volume, which may be coarser than a nanosecond: read from the time of change of a
 * file of its own.
 */
final class Clock {
  private final Path file;

  private Clock(Path file) {
    this.file = file;
  }

  /** The clock that touches {@code file}, which is made if it is not there. */
  static Clock of(Path file) {
    Posix.close(Posix.open(file, Posix.O_CREAT | Posix.O_WRONLY, 0644));
    return new Clock(file);
  }

  Time now() {
    Posix.chmod(file, 0644);
    return Posix.stat(file).changed();
  }

  /** Returns when it is later. */
  void tick() {
    Time before = now();
    Patience.await("a later time", () -> now().compareTo(before) > 0);
  }
}
