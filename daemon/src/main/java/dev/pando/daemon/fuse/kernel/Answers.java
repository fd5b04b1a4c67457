package dev.pando.daemon.fuse.kernel;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * The answers under way that the kernel will believe for long: names and attributes. One that was
 * made before a change, and reaches the kernel after the notification of that change, would stay
 * believed; so the notifier waits for those. Thread-safe.
 */
final class Answers {
  private static final long POLL_NANOS = TimeUnit.MICROSECONDS.toNanos(20);

  private final List<Turn> turns = new CopyOnWriteArrayList<>();

  /** A worker's own; to be used by it alone. */
  static final class Turn {
    /** Odd from before the file system is asked until the kernel has the answer. */
    private final AtomicLong number = new AtomicLong();

    private Turn() {}

    void begin() {
      number.incrementAndGet();
    }

    void end() {
      number.incrementAndGet();
    }
  }

  /** One more worker answers. */
  Turn join() {
    Turn turn = new Turn();
    turns.add(turn);
    return turn;
  }

  /**
   * Returns when the kernel has every answer that may not have seen a change made before this call.
   * What is asked meanwhile is not waited for.
   */
  void awaitDelivery() {
    for (Turn turn : turns) {
      long number = turn.number.get();
      while (number % 2 != 0 && turn.number.get() == number) {
        LockSupport.parkNanos(POLL_NANOS);
      }
    }
  }
}
