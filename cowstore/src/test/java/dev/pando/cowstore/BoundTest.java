package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A bound is never exceeded, however many reserve and use up at a time. */
final class BoundTest {
  private static final int LIMIT = 3;
  private static final int THREADS = 4;
  private static final int ROUNDS = 200_000;

  private final Bound bound = new Bound(LIMIT);
  private final Object lock = new Object();
  private final AtomicLong most = new AtomicLong();
  private long used;

  @Test
  void whatIsUsedNeverExceedsTheBound() throws Exception {
    Crew crew = new Crew();
    for (int i = 0; i < THREADS; i++) {
      crew.start(this::useUp);
    }
    crew.join();
    assertTrue(most.get() <= LIMIT, most + " used of " + LIMIT);
  }

  private void useUp() {
    for (int round = 0; round < ROUNDS; round++) {
      try {
        bound.reserve(1, this::commit);
      } catch (StoreException e) {
        throw new AssertionError(e);
      }
      synchronized (lock) {
        bound.setUsed(++used);
        most.accumulateAndGet(used, Math::max);
      }
      bound.giveBack(1);
    }
  }

  private void commit() {
    synchronized (lock) {
      used = 0;
      bound.setUsed(0);
    }
    bound.wake();
  }
}
