package dev.pando.daemon.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RetriesTest {
  private static final long FIRST = Retries.FIRST_PAUSE_NANOS;

  private final Retries retries = new Retries();

  @Test
  void pausesDoubleToTheLongestAndBeginAnewAfterASuccess() {
    long now = Long.MAX_VALUE - FIRST / 2; // the clock may pass its end
    assertTrue(retries.failed(7, now));
    for (long pause = FIRST; pause < Retries.LONGEST_PAUSE_NANOS; pause *= 2) {
      assertEquals(OptionalLong.of(pause), retries.leftNanos(now));
      assertFalse(retries.isDue(7, now + pause - 1));
      now += pause;
      assertTrue(retries.isDue(7, now));
      assertFalse(retries.failed(7, now), "it is told of once");
    }
    assertEquals(OptionalLong.of(Retries.LONGEST_PAUSE_NANOS), retries.leftNanos(now));
    retries.ended(7);
    assertEquals(OptionalLong.empty(), retries.leftNanos(now));
    assertTrue(retries.failed(7, now));
    assertEquals(OptionalLong.of(FIRST), retries.leftNanos(now));
  }

  @Test
  void eachHasAPauseOfItsOwn() {
    boolean unused = retries.failed(7, 0);
    unused = retries.failed(8, 1);
    assertFalse(retries.isDue(7, FIRST - 1));
    assertTrue(retries.isDue(7, FIRST));
    assertFalse(retries.isDue(8, FIRST));
    assertTrue(retries.isDue(9, 0));
    assertEquals(OptionalLong.of(1), retries.leftNanos(FIRST - 1));
    retries.retain(Set.of(8L));
    assertTrue(retries.isDue(7, 0));
    assertFalse(retries.isDue(8, FIRST));
  }
}
