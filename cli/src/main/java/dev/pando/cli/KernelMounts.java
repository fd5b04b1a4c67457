package dev.pando.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What the kernel has mounted, from {@code /proc/self/mountinfo} (see proc(5)). */
final class KernelMounts {
  private static final Path TABLE = Path.of("/proc/self/mountinfo");
  private static final String TYPE = "fuse.pando ";
  private static final int MOUNTPOINT_FIELD = 4;

  private KernelMounts() {}

  /** Whether Pando is mounted at this absolute path, whether it answers or not. */
  static boolean hasPandoAt(Path mountpoint) {
    try (Stream<String> lines = Files.lines(TABLE)) {
      return lines.anyMatch(line -> isPando(line) && mountpointOf(line).equals(mountpoint));
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean isPando(String line) {
    int separator = line.indexOf(" - ");
    return separator >= 0 && line.startsWith(TYPE, separator + 3);
  }

  /** Blanks, tabs, newlines and backslashes stand there as three octal digits. */
  private static Path mountpointOf(String line) {
    String field = line.split(" ", MOUNTPOINT_FIELD + 2)[MOUNTPOINT_FIELD];
    return Path.of(
        field
            .replace("\\040", " ")
            .replace("\\011", "\t")
            .replace("\\012", "\n")
            .replace("\\134", "\\"));
  }
}
