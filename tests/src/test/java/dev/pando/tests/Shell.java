package dev.pando.tests;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pando.testing.Patience;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * A shell that stays: a client with a working directory and open files, which is asked one line
 * after the other.
 */
final class Shell implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final String END = "--- end of the answer ---";

  private final Process process;
  private final BufferedReader answers;

  private Shell(Process process) {
    this.process = process;
    this.answers = process.inputReader(UTF_8);
  }

  /** One whose working directory is {@code directory}. */
  static Shell in(Path directory) throws IOException {
    return new Shell(
        new ProcessBuilder("bash")
            .directory(directory.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start());
  }

  long pid() {
    return process.pid();
  }

  /** Runs {@code script} and returns what it printed, without the last line's end. */
  String ask(String script) throws Exception {
    var input = process.outputWriter(UTF_8);
    input.write(script + "\necho " + END + "\n");
    input.flush();
    try {
      return Patience.get(
          "an answer to " + script, LIMIT, CompletableFuture.supplyAsync(this::answer));
    } catch (ExecutionException e) {
      throw new AssertionError("no answer to: " + script, e);
    }
  }

  private String answer() {
    try {
      List<String> lines = new ArrayList<>();
      for (String line = answers.readLine(); !END.equals(line); line = answers.readLine()) {
        if (line == null) {
          throw new AssertionError("the shell has ended after " + lines);
        }
        lines.add(line);
      }
      return String.join("\n", lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
