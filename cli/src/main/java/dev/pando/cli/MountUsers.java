package dev.pando.cli;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The processes that keep a mount busy, found in {@code /proc} by their open files, directories and
 * mapped files. Only links are read, never the mount itself, so that one that hangs can not hang
 * us.
 */
final class MountUsers {
  private static final int NAMED_AT_MOST = 5;

  private MountUsers() {}

  /** A few of them as {@code qemu-system-x86 (pid 123), bash (pid 45)}; empty if none is seen. */
  static String named(Path mountpoint) {
    List<String> users = new ArrayList<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[1-9]*")) {
      for (Path process : processes) {
        if (uses(process, mountpoint)) {
          users.add(commandOf(process) + " (pid " + process.getFileName() + ")");
        }
      }
    } catch (IOException e) {
      return "";
    }
    String named = users.stream().limit(NAMED_AT_MOST).collect(joining(", "));
    int more = users.size() - NAMED_AT_MOST;
    return more > 0 ? named + " and " + more + " more" : named;
  }

  private static boolean uses(Path process, Path mountpoint) {
    return leadsInto(process.resolve("cwd"), mountpoint)
        || leadsInto(process.resolve("root"), mountpoint)
        || leadsInto(process.resolve("exe"), mountpoint)
        || anyLeadsInto(process.resolve("fd"), mountpoint)
        || maps(process.resolve("maps"), mountpoint);
  }

  private static boolean anyLeadsInto(Path directory, Path mountpoint) {
    try (DirectoryStream<Path> links = Files.newDirectoryStream(directory)) {
      for (Path link : links) {
        if (leadsInto(link, mountpoint)) {
          return true;
        }
      }
    } catch (IOException e) {
      // the process has ended, or is not ours to look at
    }
    return false;
  }

  private static boolean leadsInto(Path link, Path mountpoint) {
    try {
      return Files.readSymbolicLink(link).startsWith(mountpoint);
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean maps(Path maps, Path mountpoint) {
    String file = " " + mountpoint + "/";
    try (Stream<String> lines = Files.lines(maps)) {
      return lines.anyMatch(line -> line.contains(file));
    } catch (IOException | java.io.UncheckedIOException e) {
      return false;
    }
  }

  private static String commandOf(Path process) {
    try {
      return Sentences.printable(Files.readString(process.resolve("comm")).strip());
    } catch (IOException e) {
      return "a process";
    }
  }
}
