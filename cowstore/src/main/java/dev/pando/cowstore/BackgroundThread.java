package dev.pando.cowstore;

/** A thread of the store: it does not keep the process alive, and its end can be waited for. */
final class BackgroundThread {
  private final Thread thread;

  BackgroundThread(String name, Runnable work) {
    thread = new Thread(work, name);
    thread.setDaemon(true);
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
