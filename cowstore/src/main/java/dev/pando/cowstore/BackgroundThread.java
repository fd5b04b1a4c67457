package dev.pando.cowstore;

import dev.pando.cowstore.io.LibC;

/** A thread of the store: it does not keep the process alive, and its end can be waited for. */
final class BackgroundThread {
  /** A tenth of the weight of a thread that serves requests. */
  private static final int NICENESS = 10;

  private final Thread thread;

  BackgroundThread(String name, Runnable work) {
    thread = new Thread(work, name);
    thread.setDaemon(true);
  }

  /**
   * From now on the calling thread yields the processor to those that serve requests. For work that
   * nobody waits for.
   */
  static void yieldToRequests() {
    // where that is refused it goes on as it did
    int unused = LibC.CALLS.setpriority(LibC.PRIO_PROCESS, 0, NICENESS);
  }

  /** The calling thread comes before those that serve requests, if root runs the process. */
  static void goBeforeRequests() {
    int unused = LibC.CALLS.setpriority(LibC.PRIO_PROCESS, 0, -NICENESS);
  }

  void start() {
    thread.start();
  }

  /** For {@link java.util.concurrent.locks.LockSupport#unpark}. */
  Thread thread() {
    return thread;
  }

  /** Returns when the thread has ended, also if the caller is interrupted meanwhile. */
  void awaitEnd() {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
