package dev.pando.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pando.daemon.host.ProcessFiles;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The daemons and their keepers among all processes, by their command lines in {@code /proc}: for
 * mounts of which no entry speaks.
 */
final class DaemonProcesses {
  private static final String MAIN_CLASS = "dev.pando.daemon.Daemon";

  /** The script that starts daemons. */
  private static final String KEEPER = "/lib/keeper";

  private DaemonProcesses() {}

  /**
   * The process that serves a mount.
   *
   * @param mountpoint absolute, as the kernel shows it
   * @param owner the user whose process it must be
   * @throws IOException if it can not be told, which does not mean that there is none
   */
  static OptionalLong serving(Path mountpoint, int owner) throws IOException {
    for (ProcessFiles process : ProcessFiles.all()) {
      if (serves(process, mountpoint, owner)) {
        return OptionalLong.of(process.id());
      }
    }
    return OptionalLong.empty();
  }

  private static boolean serves(ProcessFiles process, Path mountpoint, int owner)
      throws IOException {
    String line = process.text("cmdline").orElse("");
    if (!(line.contains(MAIN_CLASS) || line.contains(KEEPER))
        || process.owner().stream().noneMatch(uid -> uid == owner)) {
      return false;
    }
    String text = new String(line.getBytes(ISO_8859_1), UTF_8);
    Optional<Path> stands = process.link("cwd");
    return List.of(text.split("\0", -1)).stream()
        .dropWhile(word -> !word.equals(MAIN_CLASS) && !word.endsWith(KEEPER))
        .anyMatch(word -> isPathOf(mountpoint, word, stands));
  }

  /** A daemon in the foreground may have been given a path from where it stands. */
  private static boolean isPathOf(Path mountpoint, String word, Optional<Path> stands) {
    if (word.isEmpty() || word.startsWith("-")) {
      return false;
    }
    try {
      Path path = Path.of(word);
      return path.equals(mountpoint)
          || stands
              .filter(place -> CanonicalPath.of(place.resolve(path)).equals(mountpoint))
              .isPresent();
    } catch (InvalidPathException e) {
      return false;
    }
  }
}
