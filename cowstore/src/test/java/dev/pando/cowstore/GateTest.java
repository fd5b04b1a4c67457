package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.testing.Patience;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who closes a gate waits for those who are in, and for none who come later. */
@Timeout(Patience.HANG_SECONDS)
final class GateTest {
  private static final long SHORT_MILLIS = 100;

  private final Gate gate = new Gate();

  @Test
  void whoComesAfterOneWhoClosesItWaitsForHim() throws Exception {
    long first = gate.enter();
    CountDownLatch closed = new CountDownLatch(1);
    CountDownLatch opening = new CountDownLatch(1);
    Thread closer =
        new Thread(
            () -> {
              long stamp = gate.close();
              closed.countDown();
              awaitUninterruptibly(opening);
              gate.open(stamp);
            });
    closer.start();
    while (closer.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    CountDownLatch entered = new CountDownLatch(1);
    Thread later =
        new Thread(
            () -> {
              long stamp = gate.enter();
              entered.countDown();
              gate.leave(stamp);
            });
    later.start();
    assertFalse(entered.await(SHORT_MILLIS, TimeUnit.MILLISECONDS), "one who came later is in");
    assertFalse(closed.await(0, TimeUnit.MILLISECONDS), "it closed with one in");
    gate.leave(first);
    assertTrue(closed.await(5, TimeUnit.MINUTES), "it did not close");
    assertFalse(entered.await(SHORT_MILLIS, TimeUnit.MILLISECONDS), "one is in a closed gate");
    opening.countDown();
    assertTrue(entered.await(5, TimeUnit.MINUTES), "it did not open");
    closer.join();
    later.join();
  }

  @Test
  void anyNumberIsInAtATime() {
    long first = gate.enter();
    long second = gate.enter();
    gate.leave(first);
    gate.leave(second);
    gate.open(gate.close());
    gate.leave(gate.enter());
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
