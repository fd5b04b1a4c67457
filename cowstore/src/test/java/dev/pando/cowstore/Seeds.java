package dev.pando.cowstore;

import java.util.stream.LongStream;

/**
 * How much random testing to do. {@code -Dpando.test.seed=N} runs that seed alone; {@code
 * -Dpando.test.seeds=N} sets how many seeds there are, {@code -Dpando.test.operations=N} how many
 * operations, or rounds, a seed is given.
 */
final class Seeds {
  private static final Long ONLY = Long.getLong("pando.test.seed");

  private Seeds() {}

  static LongStream of(int count) {
    return ONLY != null
        ? LongStream.of(ONLY)
        : LongStream.rangeClosed(1, Integer.getInteger("pando.test.seeds", count));
  }

  static int operations(int usual) {
    return Integer.getInteger("pando.test.operations", usual);
  }
}
