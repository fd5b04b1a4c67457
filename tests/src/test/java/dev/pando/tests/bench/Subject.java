package dev.pando.tests.bench;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A disk as its user has it: a file to read and to write, and how it is got rid of.
 *
 * @param file what the user opens
 * @param end frees all it took
 */
record Subject(Path file, End end) implements AutoCloseable {
  /** What remains to be done. */
  @FunctionalInterface
  interface End {
    void run() throws IOException;
  }

  /** For what goes with the rest. */
  static Subject staying(Path file) {
    return new Subject(file, () -> {});
  }

  @Override
  public void close() throws IOException {
    end.run();
  }
}
