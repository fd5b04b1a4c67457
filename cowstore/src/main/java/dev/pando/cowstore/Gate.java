package dev.pando.cowstore;

import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.StampedLock;

/**
 * Lets those who write to a file in, any number at a time, or closes for one who changes all of it.
 * Whoever closes it waits for those who are in, and for none who come later: a {@link StampedLock}
 * alone lets readers pass a writer that waits, so that it waits until, by chance, none is in. Not
 * reentrant.
 */
final class Gate {
  private final StampedLock lock = new StampedLock();

  /** Held from when it is to close until it is open again. */
  private final ReentrantLock closing = new ReentrantLock();

  private volatile boolean closed;

  /** Goes in; returns what {@link #leave} takes. */
  long enter() {
    if (!closed) {
      return lock.readLock();
    }
    closing.lock();
    try {
      return lock.readLock();
    } finally {
      closing.unlock();
    }
  }

  void leave(long stamp) {
    lock.unlockRead(stamp);
  }

  /** Closes it, and waits until nobody is in; returns what {@link #open} takes. */
  long close() {
    closing.lock();
    closed = true;
    return lock.writeLock();
  }

  /** Opens it; by the thread that closed it. */
  void open(long stamp) {
    lock.unlockWrite(stamp);
    closed = false;
    closing.unlock();
  }
}
