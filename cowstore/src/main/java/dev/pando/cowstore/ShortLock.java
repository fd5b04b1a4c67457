package dev.pando.cowstore;

import java.util.concurrent.locks.ReentrantLock;

/**
 * A lock that is held for less than a microsecond at a time. Who finds it taken asks some more
 * times before going to sleep: to be woken takes longer, milliseconds on a busy machine.
 */
final class ShortLock {
  private static final int TRIES = 200;

  private final ReentrantLock lock = new ReentrantLock();

  void lock() {
    for (int i = 0; i < TRIES; i++) {
      if (lock.tryLock()) {
        return;
      }
      Thread.onSpinWait();
    }
    lock.lock();
  }

  void unlock() {
    lock.unlock();
  }
}
