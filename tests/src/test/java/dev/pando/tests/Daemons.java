package dev.pando.tests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Processes that are no children of ours, so that nobody tells us of their end. */
final class Daemons {
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private Daemons() {}

  /** Whether the process runs; one that has ended and waits for its parent does not. */
  static boolean runs(ProcessHandle process) throws IOException {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
    } catch (NoSuchFileException gone) {
      return false;
    }
  }

  static void awaitEnd(ProcessHandle process) throws IOException {
    long deadline = System.nanoTime() + LIMIT_NANOS;
    while (runs(process)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("process " + process.pid() + " does not end");
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }
}
