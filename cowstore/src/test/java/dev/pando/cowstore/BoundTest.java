package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A bound is never exceeded, however many reserve and use up at a time. */
final class BoundTest {
  private static final int THREADS = 3;
  private static final int TRIES = 5_000_000;

  private final Bound bound = new Bound(1);
  private final AtomicInteger users = new AtomicInteger();
  private final AtomicLong exceeded = new AtomicLong();

  /** There is room for one: from its reservation until what it used is given back. */
  @Test
  void whatIsUsedNeverExceedsTheBound() throws Exception {
    Crew crew = new Crew();
    for (int i = 0; i < THREADS; i++) {
      crew.start(this::useUp);
    }
    crew.join();
    assertEquals(0, exceeded.get());
  }

  private void useUp() {
    for (int i = 0; i < TRIES; i++) {
      if (bound.tryReserve(1)) {
        if (users.incrementAndGet() > 1) {
          exceeded.incrementAndGet();
        }
        bound.setUsed(1);
        bound.giveBack(1);
        users.decrementAndGet();
        bound.setUsed(0);
      }
    }
  }
}
