package dev.pando.daemon.tree;

/** Nanoseconds since the epoch, in which the tree counts time: 1677 to 2262. */
final class Timestamps {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final long NANOS_PER_MILLI = 1_000_000L;
  private static final long MAX_SECONDS = Long.MAX_VALUE / NANOS_PER_SECOND - 1;

  private Timestamps() {}

  /**
   * Now, in steps of 4 ms like the store's times of changed data: a finer one would make a write
   * seem older than what came before it.
   */
  static long now() {
    return (System.currentTimeMillis() & -4) * NANOS_PER_MILLI;
  }

  /** A time as stat(2) has it; one out of range is moved to the nearest in range. */
  static long of(long seconds, int nanos) {
    long inRange = Math.max(-MAX_SECONDS, Math.min(MAX_SECONDS, seconds));
    return inRange * NANOS_PER_SECOND + nanos;
  }
}
