package dev.pando.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
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
   */
  static OptionalLong serving(Path mountpoint, int owner) {
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[1-9]*")) {
      for (Path process : processes) {
        if (serves(process, mountpoint, owner)) {
          return OptionalLong.of(Long.parseLong(process.getFileName().toString()));
        }
      }
    } catch (IOException e) {
      return OptionalLong.empty();
    }
    return OptionalLong.empty();
  }

  private static boolean serves(Path process, Path mountpoint, int owner) {
    try {
      String line = Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
      if (!(line.contains(MAIN_CLASS) || line.contains(KEEPER))
          || !Files.getAttribute(process, "unix:uid").equals(owner)) {
        return false;
      }
      String text = new String(line.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
      List<String> words = List.of(text.split("\0", -1));
      return words.stream()
          .dropWhile(word -> !word.equals(MAIN_CLASS) && !word.endsWith(KEEPER))
          .anyMatch(word -> isPathOf(mountpoint, word, process));
    } catch (IOException e) {
      return false; // it has ended, or is hidden from us
    }
  }

  /** A daemon in the foreground may have been given a path from where it stands. */
  private static boolean isPathOf(Path mountpoint, String word, Path process) {
    if (word.isEmpty() || word.startsWith("-")) {
      return false;
    }
    try {
      Path path = Path.of(word);
      return path.equals(mountpoint)
          || CanonicalPath.of(Files.readSymbolicLink(process.resolve("cwd")).resolve(path))
              .equals(mountpoint);
    } catch (IOException | InvalidPathException e) {
      return false;
    }
  }
}
