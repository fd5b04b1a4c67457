package dev.pando.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import dev.pando.daemon.host.ProcessFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The processes that keep a mount busy, found in {@code /proc} by their open files, directories and
 * mapped files. Only links are read, never the mount itself, so that one that hangs can not hang
 * us.
 */
final class MountUsers {
  private static final int NAMED_AT_MOST = 5;

  private MountUsers() {}

  /**
   * A few of them as {@code qemu-system-x86 (pid 123), bash (pid 45)}; empty if none is seen, or if
   * this process may open no more files.
   */
  static String named(Path mountpoint) {
    List<String> users = new ArrayList<>();
    try {
      for (ProcessFiles process : ProcessFiles.all()) {
        if (uses(process, mountpoint)) {
          users.add(commandOf(process) + " (pid " + process.id() + ")");
        }
      }
    } catch (IOException e) {
      return "";
    }
    String named = users.stream().limit(NAMED_AT_MOST).collect(joining(", "));
    int more = users.size() - NAMED_AT_MOST;
    return more > 0 ? named + " and " + more + " more" : named;
  }

  private static boolean uses(ProcessFiles process, Path mountpoint) throws IOException {
    for (String link : List.of("cwd", "root", "exe")) {
      if (process.link(link).filter(target -> target.startsWith(mountpoint)).isPresent()) {
        return true;
      }
    }
    return process.links("fd").stream().anyMatch(target -> target.startsWith(mountpoint))
        || maps(process, mountpoint);
  }

  private static boolean maps(ProcessFiles process, Path mountpoint) throws IOException {
    String file = new String((" " + mountpoint + "/").getBytes(UTF_8), ISO_8859_1);
    return process.text("maps").filter(maps -> maps.contains(file)).isPresent();
  }

  private static String commandOf(ProcessFiles process) throws IOException {
    return process
        .bytes("comm")
        .map(name -> Sentences.printable(new String(name, UTF_8).strip()))
        .orElse("a process");
  }
}
