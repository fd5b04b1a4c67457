package dev.pando.tests.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One thing to do, who does it, and what must be reached.
 *
 * @param name as it is given on the command line
 * @param what in words
 * @param unit of the figures
 * @param contenders by label; the first is Pando
 * @param mostRounds what takes long, or hardly varies, is not done more often than this
 */
record Work(
    String name,
    String what,
    String unit,
    Map<String, Measurement> contenders,
    List<Target> targets,
    int mostRounds) {
  /** The contender that {@link #beside} adds. */
  private static final String BEFORE = "before";

  /** Does the work once. */
  @FunctionalInterface
  interface Measurement {
    /** Returns the figure; fails if what was measured is not what it says. */
    double measure() throws IOException;
  }

  static Builder named(String name, String what, String unit) {
    return new Builder(name, what, unit);
  }

  /** The first contender, which the others are compared with. */
  String subject() {
    return contenders.keySet().iterator().next();
  }

  /**
   * The same by what was before a change, and nobody else: P now beside P then.
   *
   * @param then the same work, done by another checkout
   * @param worst the part of the figure that may be lost
   */
  Work beside(Work then, double worst) {
    boolean lessIsBetter = targets.stream().anyMatch(Target::isLimit);
    return named(name, what, unit)
        .by("P", contenders.get(subject()))
        .by(BEFORE, then.contenders.get(then.subject()))
        .target(lessIsBetter ? Target.atMost(1 + worst, BEFORE) : Target.atLeast(1 - worst, BEFORE))
        .atMostRounds(mostRounds)
        .build();
  }

  /** Puts a work together. */
  static final class Builder {
    private final String name;
    private final String what;
    private final String unit;
    private final Map<String, Measurement> contenders = new LinkedHashMap<>();
    private final List<Target> targets = new ArrayList<>();
    private Optional<Integer> mostRounds = Optional.empty();

    private Builder(String name, String what, String unit) {
      this.name = name;
      this.what = what;
      this.unit = unit;
    }

    Builder by(String contender, Measurement measurement) {
      contenders.put(contender, measurement);
      return this;
    }

    Builder target(Target target) {
      targets.add(target);
      return this;
    }

    Builder atMostRounds(int rounds) {
      mostRounds = Optional.of(rounds);
      return this;
    }

    Work build() {
      return new Work(
          name, what, unit, contenders, List.copyOf(targets), mostRounds.orElse(Integer.MAX_VALUE));
    }
  }
}
