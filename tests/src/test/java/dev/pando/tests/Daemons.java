package dev.pando.tests;

import dev.pando.daemon.host.ProcessStart;
import dev.pando.testing.Patience;

/** Processes that are no children of ours, so that nobody tells us of their end. */
final class Daemons {
  private Daemons() {}

  /** Whether the process runs; one that has ended and waits for its parent does not. */
  static boolean runs(ProcessHandle process) {
    return ProcessStart.ticks(process.pid()).isPresent();
  }

  static void awaitEnd(ProcessHandle process) {
    Patience.await("the end of process " + process.pid(), () -> !runs(process));
  }
}
