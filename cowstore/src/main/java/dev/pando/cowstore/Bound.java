package dev.pando.cowstore;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A bound on something that changes use up and commits give back: room in the journal, dirty pages.
 * A request reserves its worst case before it takes any lock, and gives it back when what it really
 * used is counted.
 */
final class Bound {
  private static final long WAIT_MILLIS = 20;

  private final long limit;
  private final AtomicLong reserved = new AtomicLong();

  /** What is used up; set under the log lock. */
  private volatile long used;

  Bound(long limit) {
    this.limit = limit;
  }

  void setUsed(long value) {
    used = value;
  }

  boolean isHalfUsed() {
    return used > limit / 2;
  }

  long used() {
    return used;
  }

  long limit() {
    return limit;
  }

  /** What a request does before it waits: asks for a commit, and gives up if none can come. */
  @FunctionalInterface
  interface Patience {
    void check() throws StoreException;
  }

  /** Reserves, and waits for commits until it can. */
  void reserve(long amount, Patience patience) throws StoreException {
    if (amount > limit) {
      throw new StoreException(
          StoreException.Reason.TOO_BIG, "a change of " + amount + " exceeds the bound " + limit);
    }
    if (tryReserve(amount)) {
      return;
    }
    synchronized (this) {
      while (!tryReserve(amount)) {
        patience.check();
        try {
          wait(WAIT_MILLIS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new StoreException(StoreException.Reason.IO, "interrupted", e);
        }
      }
    }
  }

  /** Reserves if it can at once. */
  boolean tryReserve(long amount) {
    // first the reservation: what others reserved until now and have used is found in one of both
    long all = reserved.addAndGet(amount);
    if (all + used <= limit) {
      return true;
    }
    reserved.addAndGet(-amount);
    return false;
  }

  void giveBack(long amount) {
    reserved.addAndGet(-amount);
  }

  /** To be called when a commit has given something back, or never will. */
  synchronized void wake() {
    notifyAll();
  }
}
