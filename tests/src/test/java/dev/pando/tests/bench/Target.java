package dev.pando.tests.bench;

import java.util.Locale;
import java.util.Optional;

/**
 * What must be reached: a bound for the ratio of the first contender to another, or for the first
 * contender's own figure. Machines differ and are noisy, so an own figure is far off only beyond
 * three times its bound, a ratio beyond twice.
 *
 * @param against the other contender's label; empty for a bound of the figure itself
 */
record Target(Optional<String> against, Bound bound, double value) {
  private static final double FAR_FOR_A_RATIO = 2;
  private static final double FAR_FOR_A_FIGURE = 3;

  enum Bound {
    AT_LEAST,
    AT_MOST
  }

  enum Verdict {
    REACHED("ok"),
    SHORT("SHORT"),
    FAR("FAR OFF");

    final String text;

    Verdict(String text) {
      this.text = text;
    }
  }

  static Target atLeast(double ratio, String against) {
    return new Target(Optional.of(against), Bound.AT_LEAST, ratio);
  }

  static Target atMost(double ratio, String against) {
    return new Target(Optional.of(against), Bound.AT_MOST, ratio);
  }

  static Target atLeast(double figure) {
    return new Target(Optional.empty(), Bound.AT_LEAST, figure);
  }

  static Target atMost(double figure) {
    return new Target(Optional.empty(), Bound.AT_MOST, figure);
  }

  /** Whether it is a limit of the figure itself: then less is better. */
  boolean isLimit() {
    return against.isEmpty() && bound == Bound.AT_MOST;
  }

  Verdict judge(double measured) {
    double tolerance = against.isPresent() ? FAR_FOR_A_RATIO : FAR_FOR_A_FIGURE;
    double shortfall = bound == Bound.AT_LEAST ? value / measured : measured / value;
    if (shortfall <= 1) {
      return Verdict.REACHED;
    }
    return shortfall <= tolerance ? Verdict.SHORT : Verdict.FAR;
  }

  @Override
  public String toString() {
    String sign = bound == Bound.AT_LEAST ? ">=" : "<=";
    String number = String.format(Locale.ROOT, "%s", value).replaceAll("\\.0$", "");
    return sign + " " + number + against.map(label -> " " + label).orElse("");
  }
}
