package dev.pando.daemon.vm;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * When what failed is tried again: after pauses that double. Instants and pauses are nanoseconds,
 * as of {@link System#nanoTime}. Used by one thread.
 */
final class Retries {
  static final long FIRST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(30);
  static final long LONGEST_PAUSE_NANOS = TimeUnit.HOURS.toNanos(1);

  private record Failure(long atNanos, long pauseNanos) {
    long leftNanos(long nowNanos) {
      return pauseNanos - (nowNanos - atNanos);
    }
  }

  private final Map<Long, Failure> failures = new HashMap<>();

  /** Notes that an attempt failed; returns whether the one before it did not. */
  boolean failed(long what, long nowNanos) {
    Failure before = failures.get(what);
    long pauseNanos =
        before == null ? FIRST_PAUSE_NANOS : Math.min(2 * before.pauseNanos(), LONGEST_PAUSE_NANOS);
    failures.put(what, new Failure(nowNanos, pauseNanos));
    return before == null;
  }

  /** It is well, or there is nothing to try any more. */
  void ended(long what) {
    failures.remove(what);
  }

  /** Forgets all but these. */
  void retain(Set<Long> these) {
    failures.keySet().retainAll(these);
  }

  /** Whether it did not fail, or its pause is over. */
  boolean isDue(long what, long nowNanos) {
    Failure failure = failures.get(what);
    return failure == null || failure.leftNanos(nowNanos) <= 0;
  }

  /** How long until the next pause is over; nothing if nothing failed. */
  OptionalLong leftNanos(long nowNanos) {
    return failures.values().stream()
        .mapToLong(failure -> Math.max(0, failure.leftNanos(nowNanos)))
        .min();
  }
}
