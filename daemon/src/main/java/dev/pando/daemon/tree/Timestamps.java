package dev.pando.daemon.tree;

import java.time.Instant;

/** Nanoseconds since the epoch, in which the tree counts time: 1677 to 2262. */
final class Timestamps {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final long MAX_SECONDS = Long.MAX_VALUE / NANOS_PER_SECOND - 1;

  private Timestamps() {}

  static long now() {
    Instant now = Instant.now();
    return now.getEpochSecond() * NANOS_PER_SECOND + now.getNano();
  }

  /** A time as stat(2) has it; one out of range is moved to the nearest in range. */
  static long of(long seconds, int nanos) {
    long inRange = Math.max(-MAX_SECONDS, Math.min(MAX_SECONDS, seconds));
    return inRange * NANOS_PER_SECOND + nanos;
  }
}
