package dev.pando.tests.conformance;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waiting for what comes by itself, with a bound. */
public final class Wait {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration PAUSE = Duration.ofMillis(1);

  private Wait() {}

  /** What is waited for. */
  @FunctionalInterface
  public interface Condition<E extends Exception> {
    boolean holds() throws E;
  }

  public static <E extends Exception> void until(String what, Condition<E> condition) throws E {
    until(what, LIMIT, condition);
  }

  public static <E extends Exception> void until(
      String what, Duration limit, Condition<E> condition) throws E {
    long end = System.nanoTime() + limit.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("waited in vain for this: " + what);
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }
}
