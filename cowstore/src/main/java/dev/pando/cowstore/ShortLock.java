package dev.pando.cowstore;

import java.util.concurrent.locks.ReentrantLock;

/** A lock that is held for less than a microsecond at a time; who finds it taken is patient. */
final class ShortLock {
  private final ReentrantLock lock = new ReentrantLock();

  void lock() {
    for (int tries = 0; !lock.tryLock(); tries++) {
      if (!Patience.again(tries)) {
        lock.lock();
        return;
      }
    }
  }

  void unlock() {
    lock.unlock();
  }
}
