package dev.pando.tests.bench;

import dev.pando.tests.bench.Svg.Anchor;
import java.util.List;

/**
 * Figures against size: one small chart for each, both axes from zero up to the most, the sizes in
 * equal steps.
 */
final class LineChart {
  private static final int COLUMNS = 4;
  private static final int WIDTH = 210;
  private static final int HEIGHT = 130;
  private static final int LEFT = 20;
  private static final int PLOT_WIDTH = 165;
  private static final int PLOT_HEIGHT = 70;
  private static final int HEAD = 44;
  private static final int SECTION = 26;
  private static final String LINE = "#2a7f4f";
  private static final String AXIS = "#999999";

  private LineChart() {}

  static String of(Machine machine, List<Scale.Series> all) {
    Svg svg = new Svg();
    svg.title(LEFT, 18, "Pando: figures against size");
    svg.text(LEFT, 36, Anchor.START, machine.toString());
    int rows = (Scale.METRICS.size() + COLUMNS - 1) / COLUMNS;
    int top = HEAD;
    for (Scale.Series series : all) {
      svg.title(LEFT, top + 16, "by " + series.name());
      for (int i = 0; i < Scale.METRICS.size(); i++) {
        int x = LEFT + i % COLUMNS * WIDTH;
        int y = top + SECTION + i / COLUMNS * HEIGHT;
        plot(svg, x, y, Scale.METRICS.get(i), series.points());
      }
      top += SECTION + rows * HEIGHT;
    }
    return svg.document(LEFT + COLUMNS * WIDTH, top + LEFT);
  }

  private static void plot(Svg svg, int x, int y, String metric, List<Scale.Point> points) {
    double most = points.stream().mapToDouble(point -> point.figures().get(metric)).max().orElse(1);
    int base = y + 16 + PLOT_HEIGHT;
    svg.text(x, y + 10, Anchor.START, metric + ", at most " + Figures.of(most));
    svg.line(x, base, x + PLOT_WIDTH, base, AXIS);
    svg.line(x, y + 16, x, base, AXIS);
    double step = PLOT_WIDTH / (double) points.size();
    for (int i = 0; i < points.size(); i++) {
      double at = x + step * (i + 0.5);
      double height = height(points.get(i), metric, most);
      if (i > 0) {
        double before = height(points.get(i - 1), metric, most);
        svg.line(at - step, base - before, at, base - height, LINE);
      }
      svg.dot(at, base - height, LINE);
      svg.text(at, base + 14, Anchor.MIDDLE, Long.toString(points.get(i).size()));
    }
  }

  private static double height(Scale.Point point, String metric, double most) {
    return PLOT_HEIGHT * point.figures().get(metric) / most;
  }
}
