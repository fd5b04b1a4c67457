package dev.pando.tests;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pando.testing.Patience;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A program to run, with a bound on its time. */
public final class Program {
  static final Duration LIMIT = Duration.ofMinutes(2);

  private final List<String> command;
  private final Map<String, String> environment = new HashMap<>();
  private Duration limit = LIMIT;
  private Path directory;

  private Program(List<String> command) {
    this.command = List.copyOf(command);
  }

  public static Program of(String... command) {
    return new Program(List.of(command));
  }

  public static Program of(List<String> command) {
    return new Program(command);
  }

  /** Bash, with the arguments as {@code $1}, {@code $2}, ... */
  public static Program shell(String script, Object... arguments) {
    List<String> command = new java.util.ArrayList<>(List.of("bash", "-c", script, "bash"));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    return new Program(command);
  }

  public Program with(String variable, Object value) {
    environment.put(variable, value.toString());
    return this;
  }

  /** In this working directory instead of the test's own. */
  public Program in(Path workingDirectory) {
    directory = workingDirectory;
    return this;
  }

  /** With another bound, for a machine that has nothing else to do: see {@link Patience}. */
  public Program within(int seconds) {
    limit = Duration.ofSeconds(seconds);
    return this;
  }

  /** Starts it, its output thrown away. */
  public Process start() throws IOException {
    return builder()
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** Runs it to its end. */
  public Outcome run() throws IOException {
    Path out = Files.createTempFile("pando-test-", ".out");
    Path err = Files.createTempFile("pando-test-", ".err");
    Process process = null;
    try {
      process = builder().redirectOutput(out.toFile()).redirectError(err.toFile()).start();
      if (!Patience.ends(process, limit)) {
        end(process);
        throw new AssertionError(
            command + " did not end within " + limit + "\n" + Files.readString(err));
      }
      return new Outcome(
          command, process.exitValue(), Files.readString(out, UTF_8), Files.readString(err, UTF_8));
    } catch (InterruptedException e) {
      end(process);
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while " + command + " ran", e);
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }

  private static void end(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().onExit().join();
  }

  private ProcessBuilder builder() {
    ProcessBuilder builder = new ProcessBuilder(command).redirectInput(new File("/dev/null"));
    builder.environment().putAll(environment);
    if (directory != null) {
      builder.directory(directory.toFile());
    }
    return builder;
  }
}
