package dev.pando.tests.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pando.tests.Program;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** One job of fio 3 for one file. */
final class Fio {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MORE_SECONDS = 120;

  private final List<String> options;
  private final int seconds;
  private final boolean timeBased;

  private Fio(List<String> options, int seconds, boolean timeBased) {
    this.options = List.copyOf(options);
    this.seconds = seconds;
    this.timeBased = timeBased;
  }

  /** For this long, over and over the same blocks if need be. */
  static Fio lasting(int seconds, String... options) {
    return new Fio(List.of(options), seconds, true);
  }

  /** Each block once, and no longer than this. */
  static Fio once(int mostSeconds, String... options) {
    return new Fio(List.of(options), mostSeconds, false);
  }

  /** What a job did. */
  record Did(double operationsASecond, long bytes, double seconds) {
    double mebibytesASecond() {
      return bytes / seconds / (1 << 20);
    }
  }

  Did run(Path file, int mebibytes) throws IOException {
    JsonNode job =
        JSON.readTree(
                Program.of(command(file, mebibytes))
                    .within(seconds + MORE_SECONDS)
                    .run()
                    .succeeded()
                    .out())
            .path("jobs")
            .path(0);
    boolean reads = job.path("read").path("io_bytes").asLong() > 0;
    JsonNode side = job.path(reads ? "read" : "write");
    return new Did(
        side.path("iops").asDouble(),
        side.path("io_bytes").asLong(),
        side.path("runtime").asLong() / 1000.0);
  }

  /** The command; on standard output is one JSON document. */
  List<String> command(Path file, int mebibytes) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "fio",
                "--name=bench",
                "--filename=" + file,
                "--size=" + mebibytes + "m",
                "--randrepeat=0",
                "--group_reporting",
                "--output-format=json",
                "--runtime=" + seconds));
    if (timeBased) {
      command.add("--time_based");
      command.add("--norandommap");
    }
    command.addAll(options);
    return command;
  }
}
