package dev.pando.tests.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

/** What the benchmark makes of its figures. */
class ReportTest {
  @TempDir Path directory;

  private static Result result(List<Double> own, List<Double> other, Target... targets) {
    Work.Builder work = Work.named("work", "something", "IOPS").by("P", () -> 1).by("T", () -> 1);
    for (Target target : targets) {
      work.target(target);
    }
    Map<String, Samples> samples = new LinkedHashMap<>();
    samples.put("P", Samples.of(own));
    samples.put("T", Samples.of(other));
    return new Result(work.build(), samples);
  }

  @Test
  void mediansAndQuartilesAreThoseOfTheSamples() {
    Samples samples = Samples.of(List.of(5.0, 1.0, 4.0, 2.0, 3.0));
    assertEquals(3, samples.median());
    assertEquals(2, samples.lowQuartile());
    assertEquals(4, samples.highQuartile());
    assertEquals(2.0 / 3, samples.spread(), 1e-9);
    assertEquals(2.5, Samples.of(List.of(1.0, 2.0, 3.0, 4.0)).median());
  }

  /** The whole machine is slow in one round: what was measured in it is slow for both. */
  @Test
  void ratiosAreThoseOfOneRound() {
    Result result = result(List.of(90.0, 9.0, 95.0), List.of(100.0, 10.0, 100.0));
    assertEquals(List.of(0.9, 0.9, 0.95), result.against("T").values());
    assertEquals(0.9, result.against("T").median(), 1e-9);
  }

  @Test
  void whatFallsShortIsMarked() {
    Target ratio = Target.atLeast(0.8, "T");
    assertEquals(Target.Verdict.REACHED, ratio.judge(0.8));
    assertEquals(Target.Verdict.SHORT, ratio.judge(0.4));
    assertEquals(Target.Verdict.FAR, ratio.judge(0.39));
    Target limit = Target.atMost(5);
    assertEquals(Target.Verdict.REACHED, limit.judge(5));
    assertEquals(Target.Verdict.SHORT, limit.judge(15));
    assertEquals(Target.Verdict.FAR, limit.judge(15.1));
    String row =
        TextReport.row(result(List.of(70.0), List.of(100.0), ratio, Target.atLeast(0.5, "T")));
    assertTrue(
        row.endsWith("| 0.70 (0.70-0.70); 0.70 (0.70-0.70) | >= 0.8 T; >= 0.5 T | SHORT; ok |\n"),
        row);
  }

  @Test
  void eachContenderIsMeasuredInEachRoundInTurn() throws Exception {
    List<String> order = new ArrayList<>();
    Work work =
        Work.named("work", "something", "s")
            .by("P", () -> note(order, "P"))
            .by("T", () -> note(order, "T"))
            .build();
    Result result = Bench.run(work, 2);
    assertEquals(List.of("P", "T", "P", "T", "P", "T"), order);
    // the first round is not counted
    assertEquals(List.of(3.0, 5.0), result.subject().values());
  }

  private static double note(List<String> order, String label) {
    order.add(label);
    return order.size();
  }

  @Test
  void theDocumentHasEverySample() throws Exception {
    Path file = directory.resolve("figures.json");
    Result result = result(List.of(1.0, 3.0), List.of(2.0, 4.0), Target.atLeast(0.8, "T"));
    JsonReport.write(file, Machine.here(), List.of(result));
    JsonNode work = new ObjectMapper().readTree(file.toFile()).path("works").path(0);
    assertEquals("[1.0,3.0]", work.path("contenders").path("P").path("samples").toString());
    assertEquals(0.625, work.path("targets").path(0).path("measured").asDouble());
    assertEquals("SHORT", work.path("targets").path(0).path("verdict").asText());
  }

  @Test
  void theChartsAreWellFormed() throws Exception {
    String bars = BarChart.of(Machine.here(), List.of(result(List.of(50.0), List.of(100.0))));
    assertEquals(3, elements(bars, "rect"), bars);
    assertTrue(bars.contains("P is 0.50 of it"), bars);
    Map<String, Double> figures = new LinkedHashMap<>();
    Scale.METRICS.forEach(metric -> figures.put(metric, 2.0));
    Scale.Series series =
        new Scale.Series(
            "clones", List.of(new Scale.Point(10, figures), new Scale.Point(100, figures)));
    String lines = LineChart.of(Machine.here(), List.of(series));
    assertEquals(2 * Scale.METRICS.size(), elements(lines, "circle"), lines);
  }

  private static int elements(String svg, String name) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(svg)))
        .getElementsByTagName(name)
        .getLength();
  }
}
