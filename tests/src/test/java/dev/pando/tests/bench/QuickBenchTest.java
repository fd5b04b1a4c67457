package dev.pando.tests.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The benchmark works: each contender of some works gives figures, each target has a verdict, and
 * nothing is left behind. What the figures are is no matter here, for they are the machine's as
 * much as Pando's: {@code tests/bench/run --quick} measures.
 */
class QuickBenchTest {
  private static final int ROUNDS = 1;
  private static final int SECONDS = 1;
  private static final int MEBIBYTES = 32;

  /** One with each kind of contender and of target that a small disk in memory has. */
  private static final Set<String> WORKS = Set.of("seq-read", "overwrite", "first-write");

  @TempDir Path directory;

  @Test
  void figuresAndVerdictsComeAndNothingIsLeft() throws Exception {
    assumeTrue(Files.isWritable(Path.of("/dev/shm")), "no memory file system");
    Path ground;
    try (Grounds grounds = new Grounds(directory, MEBIBYTES)) {
      ground = grounds.memory().directory();
      List<Work> works = new ArrayList<>(new DiskWorks(grounds, SECONDS).all());
      works.removeIf(work -> !WORKS.contains(work.name()));
      assertEquals(WORKS.size(), works.size());
      for (Work work : works) {
        require(work, Bench.run(work, ROUNDS));
      }
    }
    assertFalse(Files.exists(ground), () -> ground + " is left");
    assertFalse(Files.readString(Path.of("/proc/self/mounts")).contains(ground + "/"));
    try (var left = Files.list(directory)) {
      assertEquals(List.of(), left.toList());
    }
  }

  private static void require(Work work, Result result) {
    assertEquals(work.contenders().keySet(), result.samples().keySet());
    for (Map.Entry<String, Samples> entry : result.samples().entrySet()) {
      List<Double> figures = entry.getValue().values();
      assertEquals(ROUNDS, figures.size(), entry::toString);
      assertTrue(figures.stream().allMatch(figure -> figure > 0), figures::toString);
    }
    assertEquals(work.targets().size(), result.judged().size());
    String row = TextReport.row(result);
    System.out.print(row);
    String verdicts = row.substring(row.lastIndexOf('|', row.length() - 3));
    assertTrue(verdicts.matches("\\| (ok|SHORT|FAR OFF)(; (ok|SHORT|FAR OFF))* \\|\n"), () -> row);
  }
}
