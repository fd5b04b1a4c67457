package dev.pando.daemon.fuse.kernel;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * The answers under way that the kernel will believe for long: names and attributes. One that was
 * made before a change, and reaches the kernel after the notification of that change, would stay
 * believed; so the notifier waits for those. The kernel takes an answer in on behalf of whoever
 * asked, when that process next runs: of what it was told a moment ago it may not know yet.
 * Thread-safe.
 */
final class Answers {
  private static final long POLL_NANOS = TimeUnit.MICROSECONDS.toNanos(20);

  /** How long after an answer whoever asked will have run. */
  private static final long GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /** How many times are kept, each for the nodes whose numbers end alike; a power of two. */
  private static final int TIMES = 1024;

  private final List<Turn> turns = new CopyOnWriteArrayList<>();

  /** When the kernel was last told of a node, by {@link System#nanoTime}. */
  private final AtomicLongArray told = new AtomicLongArray(TIMES);

  /** When it was last told of many. */
  private volatile long toldMany;

  Answers() {
    long longAgo = System.nanoTime() - GRACE_NANOS;
    for (int index = 0; index < TIMES; index++) {
      told.set(index, longAgo);
    }
    toldMany = longAgo;
  }

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

  /** The kernel has just been told of {@code node}. */
  void toldOf(long node) {
    told.setRelease(index(node), System.nanoTime());
  }

  /** The kernel has just been told of the nodes of a directory. */
  void toldOfMany() {
    toldMany = System.nanoTime();
  }

  private static int index(long node) {
    return (int) node & (TIMES - 1);
  }

  /**
   * Waits until the kernel knows {@code node} if it was told of it.
   *
   * @return false if there was nothing to wait for
   */
  boolean awaitKnowledge(long node) {
    long last = Math.max(told.getAcquire(index(node)) - toldMany, 0) + toldMany;
    long left = last + GRACE_NANOS - System.nanoTime();
    if (left <= 0) {
      return false;
    }
    for (; left > 0; left = last + GRACE_NANOS - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
    return true;
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
