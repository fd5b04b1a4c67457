package dev.pando.tests.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Results as a table in Markdown. */
final class TextReport {
  private TextReport() {}

  static final String HEAD =
      """
      | work | | median (spread) | ratio, or figure (quartiles) | target | |
      | --- | --- | --- | --- | --- | --- |
      """;

  static String row(Result result) {
    List<String> medians = new ArrayList<>();
    for (Map.Entry<String, Samples> entry : result.samples().entrySet()) {
      Samples samples = entry.getValue();
      medians.add(
          entry.getKey()
              + " "
              + Figures.of(samples.median())
              + " ("
              + Figures.percent(samples.spread())
              + ")");
    }
    List<String> measured = new ArrayList<>();
    List<String> targets = new ArrayList<>();
    List<String> verdicts = new ArrayList<>();
    for (Result.Judged judged : result.judged()) {
      Samples samples = judged.measured();
      measured.add(
          Figures.of(samples.median())
              + " ("
              + Figures.of(samples.lowQuartile())
              + "-"
              + Figures.of(samples.highQuartile())
              + ")");
      targets.add(judged.target().toString());
      verdicts.add(judged.verdict().text);
    }
    return String.join(
        " | ",
        "| " + result.work().name(),
        result.work().what(),
        String.join(", ", medians) + " " + result.work().unit(),
        String.join("; ", measured),
        String.join("; ", targets),
        String.join("; ", verdicts) + " |\n");
  }
}
