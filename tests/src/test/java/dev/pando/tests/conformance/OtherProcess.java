package dev.pando.tests.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pando.testing.Patience;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;

/** A process that holds on to a file until it is closed or killed. */
final class OtherProcess implements AutoCloseable {
  /** Locks a file as it is told, prints the errno, and waits. */
  private static final String LOCKER =
      """
      $| = 1;
      my ($file, $command, $type, $start, $length) = @ARGV;
      open(my $open, "+<", $file) or die "$file: $!";
      my $lock = pack("s s x4 q q i x4", $type, 0, $start, $length, 0);
      my $done = $command eq "flock" ? flock($open, $type) : fcntl($open, $command, $lock);
      print $done ? 0 : $! + 0, "\\n";
      <STDIN>;
      """;

  private final Process process;
  private final BufferedReader out;

  private OtherProcess(List<String> command) throws IOException {
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    out = process.inputReader(UTF_8);
  }

  static OtherProcess of(String... command) throws IOException {
    return new OtherProcess(List.of(command));
  }

  /** Asks for a record lock as {@link Posix#lock} does; {@link #errno} tells what came of it. */
  static OtherProcess locking(Path file, int command, int type, long start, long length)
      throws IOException {
    return locker(file, Integer.toString(command), type, start, length);
  }

  /** Asks for a lock as {@link Posix#flock} does. */
  static OtherProcess flocking(Path file, int operation) throws IOException {
    return locker(file, "flock", operation, 0, 0);
  }

  private static OtherProcess locker(Path file, String command, int type, long start, long length)
      throws IOException {
    return of("perl", "-e", LOCKER, file.toString(), command, "" + type, "" + start, "" + length);
  }

  int errno() throws IOException {
    return Integer.parseInt(out.readLine());
  }

  long pid() {
    return process.pid();
  }

  void send(String line) throws IOException {
    OutputStream in = process.getOutputStream();
    in.write(Posix.bytes(line + "\n"));
    in.flush();
  }

  /** Reads what it prints until a line has {@code text}. */
  void await(String text) throws IOException {
    StringBuilder printed = new StringBuilder();
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (line.contains(text)) {
        return;
      }
      printed.append(line).append('\n');
    }
    throw new AssertionError("no \"" + text + "\" in\n" + printed);
  }

  /** Kills it, and waits until it is gone. */
  void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** Lets it end by itself. */
  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    try {
      Patience.await("the end of the other process", () -> !process.isAlive());
    } finally {
      process.destroyForcibly();
    }
  }
}
