package dev.pando.tests.bench;

import java.io.IOException;

/** How long something takes. */
final class Timing {
  private static final double NANOS = 1e9;

  private Timing() {}

  /** Something to do. */
  @FunctionalInterface
  interface Action {
    void run() throws IOException;
  }

  /** In seconds. */
  static double seconds(Action action) throws IOException {
    long start = System.nanoTime();
    action.run();
    return (System.nanoTime() - start) / NANOS;
  }
}
