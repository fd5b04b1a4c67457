package dev.pando.tests.bench;

import dev.pando.tests.bench.Svg.Anchor;
import java.util.List;
import java.util.Map;

/** Results as bars: one group a work, in each the longest bar as long as in any other. */
final class BarChart {
  private static final int WIDTH = 860;
  private static final int NAMES = 130;
  private static final int LONGEST = 430;
  private static final int BAR = 14;
  private static final int GAP = 10;
  private static final int TOP = 56;

  private static final String PANDO = "#2a7f4f";
  private static final Map<String, String> OTHERS =
      Map.of("T", "#8fb3c9", "N", "#b9b9b9", "Q", "#d9a05b", "X", "#c98fb3", "I", "#d9c75b");
  private static final String UNKNOWN = "#9dbfa9";

  private BarChart() {}

  static String of(Machine machine, List<Result> results) {
    Svg svg = new Svg();
    svg.title(GAP, 20, "Pando (P) beside its peers: medians, longer is more");
    svg.text(GAP, 38, Anchor.START, machine.toString());
    double y = TOP;
    for (Result result : results) {
      y = group(svg, y, result) + GAP;
    }
    return svg.document(WIDTH, (int) y);
  }

  private static double group(Svg svg, double top, Result result) {
    double most = result.samples().values().stream().mapToDouble(Samples::median).max().orElse(1);
    svg.text(GAP, top + BAR - 3, Anchor.START, result.work().name());
    double y = top;
    for (Map.Entry<String, Samples> entry : result.samples().entrySet()) {
      String label = entry.getKey();
      double value = entry.getValue().median();
      boolean own = label.equals(result.work().subject());
      String colour = own ? PANDO : OTHERS.getOrDefault(label, UNKNOWN);
      double length = LONGEST * value / most;
      svg.rectangle(NAMES, y, length, BAR - 2, colour);
      String ratio = own ? "" : "  P is " + Figures.of(result.against(label).median()) + " of it";
      svg.text(
          NAMES + length + 5,
          y + BAR - 4,
          Anchor.START,
          label + " " + Figures.of(value) + " " + result.work().unit() + ratio);
      y += BAR;
    }
    return y;
  }
}
