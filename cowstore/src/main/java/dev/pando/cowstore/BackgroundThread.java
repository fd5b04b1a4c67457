package dev.pando.cowstore;

import dev.pando.cowstore.io.LibC;

/**
 * A thread of the store: it does not keep the process alive, and its end can be waited for. The
 * store's {@link Health} owns it: if it ends before it was told to, by whatever fault, the store
 * takes no more changes and says why, so that nobody waits for what this thread would have done.
 */
final class BackgroundThread {
  /** A tenth of the weight of a thread that serves requests. */
  private static final int NICENESS = 10;

  private final Thread thread;
  private final Health owner;
  private final Runnable work;
  private volatile boolean mayEnd;

  BackgroundThread(String name, Health owner, Runnable work) {
    this.owner = owner;
    this.work = work;
    thread = new Thread(this::run, name);
    thread.setDaemon(true);
  }

  private void run() {
    try {
      work.run();
    } catch (Throwable fault) {
      owner.failed(what(), fault);
      throw fault; // the process may have to say more to it
    }
    if (!mayEnd) {
      owner.failed(what(), new IllegalStateException("it ended, and was not told to"));
    }
  }

  private String what() {
    return "thread " + thread.getName();
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

  /** From now on it may end; to be called before it is told to. */
  void letEnd() {
    mayEnd = true;
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
