package dev.pando.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import dev.pando.daemon.control.RuntimeDirectory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * A daemon while it starts, in a session of its own. When its mount answers, it says so with one
 * line of JSON on standard output; a byte on its standard input tells it that this was heard. If
 * this command ends before that, so does the daemon.
 */
final class DaemonProcess {
  /** What a daemon's sentence on standard error begins with, and nothing else there does. */
  private static final String SENTENCE = "pando: ";

  /** How a process ends that SIGABRT, SIGBUS or SIGSEGV has killed. */
  private static final Set<Integer> FAULTS = Set.of(134, 135, 139);

  /** Starts a daemon, and the daemons after it; {@code pando.home} is set by our own launcher. */
  static final Path KEEPER = Path.of(System.getProperty("pando.home", "."), "lib", "keeper");

  private DaemonProcess() {}

  /**
   * Starts a daemon and returns its mount, as {@code status} shows it, when it answers.
   *
   * @param arguments the store, the mount point, and options
   * @throws ControlException with the daemon's own sentence and status if it ends instead
   */
  static JsonNode start(List<String> arguments) throws ControlException {
    Path runtime = RuntimeDirectory.current();
    RuntimeDirectory.prepare(runtime);
    List<String> command =
        new ArrayList<>(List.of("setsid", KEEPER.toString(), "--new", "--attended"));
    command.addAll(arguments);
    try {
      // a JVM that crashes writes its report where it stands
      Process daemon = new ProcessBuilder(command).directory(runtime.toFile()).start();
      CompletableFuture<List<String>> messages =
          CompletableFuture.supplyAsync(daemon.errorReader(UTF_8).lines()::toList);
      List<String> others = new ArrayList<>();
      String mount = document(daemon, others);
      if (mount != null) {
        takeNote(daemon);
        return Json.parse(mount);
      }
      others.addAll(messages.join());
      throw refusal(daemon.waitFor(), arguments.get(0), others);
    } catch (IOException e) {
      throw new ControlException(
          ExitStatus.FAILED, "the daemon can not be started: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlException(
          ExitStatus.FAILED, "interrupted while the daemon was starting; it ends too");
    }
  }

  /**
   * The mount's document, or null.
   *
   * @param others gets what else stands there: the report of a JVM that crashed, or of a daemon
   *     that had no log yet
   */
  private static String document(Process daemon, List<String> others) throws IOException {
    BufferedReader output =
        new BufferedReader(new InputStreamReader(daemon.getInputStream(), UTF_8));
    String line = output.readLine();
    while (line != null && !line.startsWith("{")) {
      others.add(line);
      line = output.readLine();
    }
    return line;
  }

  private static void takeNote(Process daemon) throws IOException {
    try (OutputStream input = daemon.getOutputStream()) {
      input.write('\n');
    }
  }

  /** What comes first of what is not blank: behind it stands where in the program it was. */
  private static Optional<String> first(List<String> messages) {
    return messages.stream().filter(line -> !line.isBlank()).findFirst();
  }

  private static ControlException refusal(int number, String store, List<String> messages) {
    ExitStatus status = ExitStatus.of(number);
    String otherwise =
        FAULTS.contains(number)
            ? "the daemon died of what it read in the store (status %d): 'pando check %s' says more"
                .formatted(number, store)
            : "the daemon ended while it was starting, with status %d%s"
                .formatted(number, first(messages).map(line -> ": " + line).orElse(""));
    String sentence =
        messages.stream()
            .filter(line -> line.startsWith(SENTENCE))
            .reduce((earlier, last) -> last)
            .map(line -> line.substring(SENTENCE.length()))
            .orElse(otherwise);
    return new ControlException(
        status == ExitStatus.DONE ? ExitStatus.FAILED : status, Sentences.oneLine(sentence));
  }
}
