package dev.pando.tests.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the contenders of a work reached. */
record Result(Work work, Map<String, Samples> samples) {
  /**
   * A target beside what was measured.
   *
   * @param measured ratios by round, or the subject's own figures
   */
  record Judged(Target target, Samples measured) {
    Target.Verdict verdict() {
      return target.judge(measured.median());
    }
  }

  static Result of(Work work) {
    Map<String, Samples> samples = new LinkedHashMap<>();
    work.contenders().keySet().forEach(label -> samples.put(label, new Samples()));
    return new Result(work, samples);
  }

  Samples subject() {
    return samples.get(work.subject());
  }

  /** Ratios of the subject to another contender, round by round. */
  Samples against(String label) {
    return subject().dividedBy(samples.get(label));
  }

  List<Judged> judged() {
    return work.targets().stream()
        .map(target -> new Judged(target, target.against().map(this::against).orElse(subject())))
        .toList();
  }
}
