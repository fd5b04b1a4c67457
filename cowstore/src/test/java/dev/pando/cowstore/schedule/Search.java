package dev.pando.cowstore.schedule;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Tries the schedules of one scenario. The first few let each strand go on until it waits: they
 * tell how long a race is and where it passes, from which the others choose where to break in.
 */
final class Search {
  /** How many schedules only look. */
  static final int PROBES = 6;

  private final String scenario;
  private final WeavingLoader loader;
  private final Policy.Known known = new Policy.Known();

  /**
   * @param scenario the simple name of a class in dev.pando.cowstore
   * @param first where classes are looked for before the class path, or null
   */
  Search(String scenario, Path first) {
    this.scenario = scenario;
    this.loader = new WeavingLoader(first);
  }

  /**
   * What one schedule came to.
   *
   * @param failure what was wrong, or null
   * @param trace a number for all of its steps, in their order
   * @param changes who went on when, a line each
   */
  record Outcome(long number, Throwable failure, int raceSteps, long trace, List<String> changes) {}

  /** Looks how long a race is and where it passes; to be called first. */
  void probe() throws Exception {
    for (int number = 0; number < PROBES; number++) {
      Outcome outcome = run(number);
      if (outcome.failure() != null) {
        throw new AssertionError(
            scenario + " fails where each strand goes on until it waits", outcome.failure());
      }
    }
  }

  /** How many steps a race has, and at how many places. */
  String describe() {
    return known.steps() + " steps at " + known.places().size() + " places";
  }

  /** Runs one schedule. */
  Outcome run(long number) throws Exception {
    Path directory = Files.createTempDirectory(place(), "pando-schedule");
    try {
      Scheduler scheduler = new Scheduler(Policy.of(number, known));
      Schedule schedule = new Schedule(scheduler, directory, number);
      Throwable failure = scheduler.run(() -> loader.scenario(scenario).run(schedule));
      if (number < PROBES) {
        known.add(scheduler.raceSteps(), scheduler.passed());
      }
      List<String> changes = scheduler.changes().stream().map(this::describe).toList();
      return new Outcome(number, failure, scheduler.raceSteps(), scheduler.trace(), changes);
    } finally {
      delete(directory);
    }
  }

  private String describe(Scheduler.ChangeOfStrand change) {
    String before =
        switch (change.site()) {
          case Scheduler.SPINS -> "spins";
          case Scheduler.WAITS -> "waits";
          default -> "is before " + loader.site(change.site());
        };
    return change.from().name + " " + before + ", " + change.to().name + " goes on";
  }

  /** In memory, if there is such a place: no schedule waits for a disk. */
  private static Path place() {
    Path memory = Path.of("/dev/shm");
    return Files.isWritable(memory) ? memory : Path.of(System.getProperty("java.io.tmpdir"));
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(Search::deleteOne);
    }
  }

  private static void deleteOne(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
