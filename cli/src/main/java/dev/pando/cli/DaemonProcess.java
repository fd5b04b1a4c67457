package dev.pando.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import dev.pando.daemon.control.MountEntry;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Starts a daemon in a session of its own and waits until its mount answers. */
final class DaemonProcess {
  /** How often a starting daemon is looked at. */
  private static final int POLL_MILLIS = 20;

  /** The daemon's launcher; {@code pando.home} is set by our own. */
  private static final Path LAUNCHER =
      Path.of(System.getProperty("pando.home", "."), "lib", "daemon");

  private DaemonProcess() {}

  /**
   * @param ready the mount once it answers, and until then empty
   * @throws ControlException with the daemon's last line and exit code if it ends instead
   */
  static MountEntry start(List<String> arguments, Supplier<Optional<MountEntry>> ready)
      throws ControlException {
    try {
      Path output = Files.createTempFile("pando-start-", ".log");
      try {
        return await(launch(arguments, output), output, ready);
      } finally {
        Files.deleteIfExists(output);
      }
    } catch (IOException e) {
      throw new ControlException(
          ExitStatus.FAILED, "the daemon can not be started: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlException(ExitStatus.FAILED, "interrupted while the daemon was starting");
    }
  }

  private static Process launch(List<String> arguments, Path output) throws IOException {
    List<String> command = new ArrayList<>(List.of("setsid", LAUNCHER.toString()));
    command.addAll(arguments);
    return new ProcessBuilder(command)
        .directory(new File("/"))
        .redirectInput(new File("/dev/null"))
        .redirectErrorStream(true)
        .redirectOutput(output.toFile())
        .start();
  }

  private static MountEntry await(Process daemon, Path output, Supplier<Optional<MountEntry>> ready)
      throws ControlException, IOException, InterruptedException {
    while (!daemon.waitFor(POLL_MILLIS, MILLISECONDS)) {
      Optional<MountEntry> mount = ready.get();
      if (mount.isPresent()) {
        return mount.get();
      }
    }
    List<String> lines =
        new String(Files.readAllBytes(output), UTF_8).lines().filter(l -> !l.isBlank()).toList();
    String last = lines.isEmpty() ? "the daemon ended at once" : lines.get(lines.size() - 1);
    int status = daemon.exitValue();
    throw new ControlException(
        status == 0 ? ExitStatus.FAILED : ExitStatus.of(status), last.replaceFirst("^pando: ", ""));
  }
}
