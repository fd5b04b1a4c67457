package dev.pando.cowstore.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The scenarios, each under as many schedules as there is time for: three minutes in all, and
 * {@code -Dpando.long=N} times that. {@code -Dpando.schedule=SCENARIO:NUMBER} runs one alone and
 * says who went on when.
 */
final class SchedulesTest {
  private static final int LONG = Integer.getInteger("pando.long", 1);
  private static final long SECONDS_EACH = 11L * LONG;

  /** What may take more schedules to be found is looked for in a long run only. */
  private static final int MOST_EACH_TIME = 4000;

  private static final String ONLY = System.getProperty("pando.schedule", "");

  @TempDir Path directory;

  static List<String> scenarios() {
    return List.of(
        "LongReads",
        "FileChanges",
        "CopiesOntoTruncated",
        "PunchesBesideTruncation",
        "ReusedBlocks",
        "ForgottenPages",
        "RecordChanges",
        "FailingCheckpoints",
        "SyncedWrites",
        "Crashes");
  }

  @ParameterizedTest
  @MethodSource("scenarios")
  void noScheduleShowsWhatMustNotBe(String scenario) throws Exception {
    assumeTrue(ONLY.isEmpty() || ONLY.startsWith(scenario + ":"));
    Search search = new Search(scenario, null);
    search.probe();
    if (!ONLY.isEmpty()) {
      Search.Outcome outcome = search.run(Long.parseLong(ONLY.substring(scenario.length() + 1)));
      outcome.changes().forEach(System.out::println);
      requireRight(scenario, outcome);
      return;
    }
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_EACH);
    long number = Search.PROBES;
    while (System.nanoTime() < end) {
      requireRight(scenario, search.run(number++));
    }
    System.out.println(scenario + ": " + number + " schedules, " + search.describe());
  }

  private static void requireRight(String scenario, Search.Outcome outcome) {
    if (outcome.failure() != null) {
      throw new AssertionError(
          "schedule "
              + outcome.number()
              + "; again: mvn -pl cowstore test -Dtest=SchedulesTest -Dpando.schedule="
              + scenario
              + ":"
              + outcome.number(),
          outcome.failure());
    }
  }

  /** What is found late, or not at all, says that the search has become blind. */
  @ParameterizedTest(name = "{0}, by {1}")
  @CsvSource({
    "entry-loaded-twice, LongReads, 3000",
    "fork-onto-trimmed, CopiesOntoTruncated, 3000",
    "punch-makes-longer, PunchesBesideTruncation, 1000",
    "checkpoint-ends-before-its-failure, FailingCheckpoints, 3000",
    "freed-under-readers, ReusedBlocks, 4000",
    "records-dropped-before-commit, RecordChanges, 2000",
    "page-loaded-twice, ForgottenPages, 6000",
    "write-counted-too-early, SyncedWrites, 3000"
  })
  void aFaultThatIsPutBackIsFound(String fault, String scenario, int most) throws Exception {
    assumeTrue(ONLY.isEmpty() && (most <= MOST_EACH_TIME || LONG > 1));
    Fault.compile(fault, directory);
    Search search = new Search(scenario, directory);
    search.probe();
    Search.Outcome found = null;
    for (int number = Search.PROBES; number < most && found == null; number++) {
      Search.Outcome outcome = search.run(number);
      found = outcome.failure() == null ? null : outcome;
    }
    assertNotNull(found, fault + " was not found in " + most + " schedules");
    System.out.println(fault + ": found by schedule " + found.number() + " of " + scenario);
    Search.Outcome again = search.run(found.number());
    assertNotNull(again.failure(), "and not found again by the same number");
    assertEquals(found.trace(), again.trace());
  }

  @Test
  void everyFaultThereIsIsPutBack() throws Exception {
    List<String> tried =
        List.of(
            SchedulesTest.class
                .getDeclaredMethod(
                    "aFaultThatIsPutBackIsFound", String.class, String.class, int.class)
                .getAnnotation(CsvSource.class)
                .value());
    assertEquals(Fault.all(), tried.stream().map(line -> line.split(",", -1)[0]).sorted().toList());
  }
}
