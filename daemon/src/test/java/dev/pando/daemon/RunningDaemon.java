package dev.pando.daemon;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlClient;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.MountEntry;
import dev.pando.daemon.control.MountRegistry;
import dev.pando.daemon.control.Progress;
import dev.pando.testing.Patience;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A daemon as a process of its own, with all it needs below one directory. */
final class RunningDaemon implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final Path directory;
  private final Path errors;
  private final Process process;
  private final BufferedReader output;

  /** Starts one on {@code directory/store} and {@code directory/mnt}. */
  RunningDaemon(Path directory, String... options) throws IOException {
    this(directory, List.of(directory + "/store", directory + "/mnt"), options);
  }

  RunningDaemon(Path directory, List<String> paths, String... options) throws IOException {
    this.directory = directory;
    this.errors = Files.createTempFile(directory, "stderr", "");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "--add-opens=java.base/java.nio=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.pando.daemon.Daemon"));
    command.addAll(paths);
    command.addAll(List.of(options));
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
    builder.environment().put("PANDO_RUN", runtime().toString());
    process = builder.start();
    output = process.inputReader(StandardCharsets.UTF_8);
  }

  private Path runtime() {
    return directory.resolve("run");
  }

  Process process() {
    return process;
  }

  MountRegistry registry() {
    return new MountRegistry(runtime());
  }

  /** Waits for the line that says that the mount answers, as a command does, and takes note. */
  JsonNode ready() throws IOException {
    JsonNode line = readyWithoutNote();
    process.getOutputStream().write('\n');
    process.getOutputStream().close();
    return line;
  }

  JsonNode readyWithoutNote() throws IOException {
    String line = output.readLine();
    assertTrue(line != null, () -> "the daemon ended: " + errors());
    return JSON.readTree(line);
  }

  /** Waits for the end and returns the exit code. */
  int exitCode() throws InterruptedException {
    assertTrue(Patience.ends(process, LIMIT), "the daemon does not end");
    return process.exitValue();
  }

  String errors() {
    try {
      return Files.readString(errors);
    } catch (IOException e) {
      return e.toString();
    }
  }

  MountEntry entry() {
    return registry().mountAt(directory.resolve("mnt")).orElseThrow();
  }

  JsonNode call(String method, ObjectNode parameters) throws ControlException {
    try (ControlClient client = ControlClient.connect(entry())) {
      return client.call(method, parameters, Progress.IGNORED);
    }
  }

  JsonNode call(String method) throws ControlException {
    return call(method, JSON.createObjectNode());
  }

  static ObjectNode with(String name, String value) {
    return JSON.createObjectNode().put(name, value);
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly().onExit().join();
    detach(directory.resolve("mnt"));
  }

  /** What a killed daemon leaves in the table of mounts. */
  static void detach(Path mountpoint) throws IOException {
    while (isMounted(mountpoint)) {
      new ProcessBuilder("umount", "-l", mountpoint.toString()).start().onExit().join();
    }
  }

  static boolean isMounted(Path mountpoint) throws IOException {
    return Files.readString(Path.of("/proc/self/mounts"))
        .contains(" " + mountpoint + " fuse.pando");
  }
}
