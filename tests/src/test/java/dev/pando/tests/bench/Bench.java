package dev.pando.tests.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code tests/bench/run}. */
@Command(
    name = "tests/bench/run",
    mixinStandardHelpOptions = true,
    description = "Measures Pando beside its peers, in turn, and says which targets are reached.",
    footer = {
      "",
      "P is a linked clone in Pando. T is the same transport with no store behind it, Q QEMU's FUSE"
          + " export of a qcow2 overlay, X a reflinked copy in XFS, I a qcow2 overlay without FUSE,"
          + " N a plain file.",
      "",
      "With --before the only contender is what another checkout has in the place of P.",
      "",
      "Ends with 1 if a figure is far off: a ratio by more than twice its target, a limit by more"
          + " than three times.",
      "",
      "Example: tests/bench/run hot-read first-write --quick"
    })
final class Bench implements Callable<Integer> {
  private static final int FAILED = 1;
  private static final int CLEANING_SECONDS = 60;
  private static final int ROUNDS = 5;
  private static final int SECONDS = 5;
  private static final int MEBIBYTES = 2048;
  private static final int QUICK_ROUNDS = 3;
  private static final int QUICK_SECONDS = 1;
  private static final int QUICK_MEBIBYTES = 512;

  /** The part of a figure that a change may cost. */
  private static final double MOST_LOST = 0.03;

  @Parameters(paramLabel = "WORK", description = "What to measure; all, if none is named.")
  private List<String> names = List.of();

  @Option(names = "--quick", description = "Few, short rounds and a small disk.")
  private boolean quick;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "How often each work is done by each.")
  private Optional<Integer> rounds = Optional.empty();

  @Option(names = "--seconds", paramLabel = "N", description = "How long a run lasts.")
  private Optional<Integer> seconds = Optional.empty();

  @Option(names = "--mib", paramLabel = "N", description = "The size of the parent's disk.")
  private Optional<Integer> mebibytes = Optional.empty();

  @Option(names = "--json", paramLabel = "FILE", description = "Write the figures there.")
  private Path json;

  @Option(names = "--chart", paramLabel = "FILE", description = "Draw them there, as SVG.")
  private Path chart;

  @Option(
      names = "--scale",
      description = "Measure how figures grow with clones and with mapped data, and nothing else.")
  private boolean scale;

  @Option(
      names = "--endure",
      paramLabel = "MINUTES",
      description =
          "Measure what the daemon's memory does with 10,000 clones under so long a load, and"
              + " nothing else.")
  private Optional<Integer> endure = Optional.empty();

  @Option(
      names = "--before",
      paramLabel = "CHECKOUT",
      description =
          "Compare with another checkout of Pando, in turn, instead of with peers; a figure may be"
              + " worse by 3 %%. Works that ask the daemon over its socket are left out.")
  private Optional<Path> before = Optional.empty();

  @Option(names = "--list", description = "Print the names of the works.")
  private boolean list;

  public static void main(String[] arguments) {
    Thread measuring = Thread.currentThread();
    CountDownLatch over = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(measuring, over), "bench-end"));
    int exitCode = FAILED;
    try {
      exitCode = new CommandLine(new Bench()).execute(arguments);
    } catch (AssertionError failure) {
      System.err.println("tests/bench/run was broken off: " + failure.getMessage());
    } finally {
      over.countDown();
    }
    System.exit(exitCode);
  }

  /** At a signal the measuring thread is told to stop, and cleans up before the process ends. */
  private static void end(Thread measuring, CountDownLatch over) {
    measuring.interrupt();
    try {
      boolean unused = over.await(CLEANING_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public Integer call() throws Exception {
    int lasting = chosen("--seconds", seconds, quick ? QUICK_SECONDS : SECONDS);
    int often = chosen("--rounds", rounds, quick ? QUICK_ROUNDS : ROUNDS);
    int size = chosen("--mib", mebibytes, quick ? QUICK_MEBIBYTES : MEBIBYTES);
    int minutes = chosen("--endure", endure, 0);
    if (scale || minutes > 0) {
      requireAlone(scale ? "--scale" : "--endure");
      requireWritable();
      return scale ? scale() : endure(minutes);
    }
    requireWritable();
    try (Grounds grounds = new Grounds(disk(), size);
        Grounds earlier = new Grounds(disk(), size, before.map(this::checkout))) {
      List<Work> works =
          before.isPresent() ? compared(grounds, earlier, lasting) : works(grounds, lasting);
      if (list) {
        works.forEach(work -> System.out.println(work.name() + ": " + work.what()));
        return 0;
      }
      Machine machine = Machine.here();
      System.out.println(machine + "\n\n" + TextReport.HEAD.strip());
      boolean allDone = true;
      List<Result> results = new ArrayList<>();
      for (Work work : works) {
        try {
          Result result = run(work, often);
          results.add(result);
          System.out.print(TextReport.row(result));
          write(machine, results);
        } catch (IOException | IllegalStateException | AssertionError failure) {
          if (Thread.currentThread().isInterrupted()) {
            throw failure;
          }
          allDone = false;
          System.err.println(work.name() + " could not be measured: " + failure.getMessage());
        }
      }
      return allDone
              && results.stream()
                  .flatMap(result -> result.judged().stream())
                  .noneMatch(judged -> judged.verdict() == Target.Verdict.FAR)
          ? 0
          : FAILED;
    }
  }

  /** Such a measurement stands for itself. */
  private void requireAlone(String option) {
    if (!names.isEmpty()) {
      throw refusal(option + " measures no WORK: leave out " + String.join(", ", names) + ".");
    }
    if (list || (scale && endure.isPresent())) {
      throw refusal(option + " stands for itself: leave out " + (list ? "--list." : "--endure."));
    }
    if (before.isPresent()) {
      throw refusal("--before compares works, and not " + option + ".");
    }
    if (!scale && (json != null || chart != null)) {
      throw refusal("--endure prints its table, and no JSON or chart.");
    }
  }

  /** That a file can not be written is told before an hour is spent for it. */
  private void requireWritable() {
    for (Path file : Stream.of(json, chart).filter(Objects::nonNull).toList()) {
      Path directory = file.toAbsolutePath().getParent();
      if (!Files.isWritable(directory) || (Files.exists(file) && !Files.isWritable(file))) {
        throw refusal(file + " can not be written.");
      }
    }
  }

  private int chosen(String option, Optional<Integer> given, int otherwise) {
    if (given.isPresent() && given.get() < 1) {
      throw refusal(option + " takes a number from 1 on, and not " + given.get() + ".");
    }
    return given.orElse(otherwise);
  }

  private CommandLine.ParameterException refusal(String sentence) {
    return new CommandLine.ParameterException(new CommandLine(this), sentence);
  }

  /** A directory on the disk that holds the project. */
  private static Path disk() throws IOException {
    Path checkout = Path.of(System.getProperty("pando.checkout", ".."));
    return Files.createDirectories(checkout.resolve("tests/target/bench")).toRealPath();
  }

  private int scale() throws IOException {
    Machine machine = Machine.here();
    System.out.println(machine);
    List<Scale.Series> all =
        new Scale(disk(), System.out)
            .run(
                quick ? List.of(10, 100, 1_000) : List.of(10, 100, 1_000, 10_000),
                quick ? List.of(1, 16) : List.of(1, 16, 128, 1_024));
    if (json != null) {
      JsonReport.writeScale(json, machine, all);
    }
    if (chart != null) {
      Files.writeString(chart, LineChart.of(machine, all));
    }
    return 0;
  }

  private int endure(int minutes) throws IOException {
    System.out.println(Machine.here());
    new Endurance(disk(), System.out).run(quick ? 100 : 10_000, minutes);
    return 0;
  }

  /** The directory, if it is a checkout. */
  private Path checkout(Path path) {
    Path checkout = path.toAbsolutePath().normalize();
    if (!Files.isExecutable(checkout.resolve("cli/bin/pando"))) {
      throw refusal(path + " is no checkout of Pando: there is no cli/bin/pando in it.");
    }
    return checkout;
  }

  private List<Work> compared(Grounds grounds, Grounds earlier, int seconds) {
    List<Work> now = named(byCommands(grounds, seconds, List.of()));
    List<Work> then = named(byCommands(earlier, seconds, List.of()));
    List<Work> compared = new ArrayList<>();
    for (int i = 0; i < now.size(); i++) {
      compared.add(now.get(i).beside(then.get(i), MOST_LOST));
    }
    return compared;
  }

  private List<Work> works(Grounds grounds, int seconds) {
    return named(byCommands(grounds, seconds, new CloneWorks(grounds).all()));
  }

  /** What asks nothing of the daemon but by commands, and in their place those that do. */
  private static List<Work> byCommands(Grounds grounds, int seconds, List<Work> bySocket) {
    List<Work> all = new ArrayList<>(new DiskWorks(grounds, seconds).all());
    all.addAll(bySocket);
    all.addAll(new StoreWorks(grounds).all());
    return all;
  }

  /** Those of the works that were named; all, if none was. */
  private List<Work> named(List<Work> all) {
    List<String> unknown = new ArrayList<>(names);
    all.forEach(work -> unknown.remove(work.name()));
    if (!unknown.isEmpty()) {
      throw refusal(
          "There is no work " + String.join(", ", unknown) + "; --list names those there are.");
    }
    all.removeIf(work -> !names.isEmpty() && !names.contains(work.name()));
    return all;
  }

  private void write(Machine machine, List<Result> results) throws IOException {
    if (json != null) {
      JsonReport.write(json, machine, results);
    }
    if (chart != null) {
      Files.writeString(chart, BarChart.of(machine, results));
    }
  }

  /** Does a work, its contenders in turn, round by round; one round before is not counted. */
  static Result run(Work work, int rounds) throws IOException {
    Result result = Result.of(work);
    int counted = Math.min(rounds, work.mostRounds());
    for (int round = counted == 1 ? 1 : 0; round <= counted; round++) {
      for (var contender : work.contenders().entrySet()) {
        double figure = contender.getValue().measure();
        if (round > 0) {
          result.samples().get(contender.getKey()).add(figure);
        }
      }
    }
    return result;
  }
}
