package dev.pando.tests.bench;

import java.util.ArrayList;
import java.util.List;

/** What one contender reached in one work, round by round. */
final class Samples {
  private final List<Double> values = new ArrayList<>();

  static Samples of(List<Double> values) {
    Samples samples = new Samples();
    samples.values.addAll(values);
    return samples;
  }

  void add(double value) {
    values.add(value);
  }

  List<Double> values() {
    return List.copyOf(values);
  }

  double median() {
    return quantile(0.5);
  }

  /** A quarter of the samples is not above it. */
  double lowQuartile() {
    return quantile(0.25);
  }

  /** A quarter of the samples is not below it. */
  double highQuartile() {
    return quantile(0.75);
  }

  /** The distance of the quartiles as a part of the median. */
  double spread() {
    return median() == 0 ? 0 : (highQuartile() - lowQuartile()) / median();
  }

  /** Each sample divided by the other's of the same round. */
  Samples dividedBy(Samples other) {
    Samples ratios = new Samples();
    for (int round = 0; round < Math.min(values.size(), other.values.size()); round++) {
      ratios.add(values.get(round) / other.values.get(round));
    }
    return ratios;
  }

  /** Between neighbours, linearly (the seventh definition of Hyndman and Fan, 1996). */
  private double quantile(double part) {
    if (values.isEmpty()) {
      throw new IllegalStateException("no samples");
    }
    List<Double> sorted = values.stream().sorted().toList();
    double position = part * (sorted.size() - 1);
    int below = (int) position;
    int above = Math.min(below + 1, sorted.size() - 1);
    return sorted.get(below) + (position - below) * (sorted.get(above) - sorted.get(below));
  }
}
