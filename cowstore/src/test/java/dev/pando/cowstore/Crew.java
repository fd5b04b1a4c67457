package dev.pando.cowstore;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** Threads of a test, and the first thing that went wrong in one of them. */
final class Crew {
  private static final long LONGEST_SECONDS = 600;

  private final List<Thread> threads = new ArrayList<>();
  private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();

  void start(Runnable task) {
    Thread thread = new Thread(task);
    thread.setDaemon(true);
    thread.setUncaughtExceptionHandler((failed, failure) -> failures.add(failure));
    threads.add(thread);
    thread.start();
  }

  /** Whether one of them has failed, so that waiting for the others is in vain. */
  boolean hasFailed() {
    return !failures.isEmpty();
  }

  /** Waits for all to end, and throws what the first failed one threw. */
  void join() throws InterruptedException {
    for (Thread thread : threads) {
      thread.join(TimeUnit.SECONDS.toMillis(LONGEST_SECONDS));
      if (thread.isAlive()) {
        throw new AssertionError("hangs at " + Arrays.toString(thread.getStackTrace()));
      }
    }
    threads.clear();
    if (hasFailed()) {
      throw new AssertionError("a thread failed", failures.peek());
    }
  }
}
