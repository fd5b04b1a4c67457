package dev.pando.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;

/** What the kernel has mounted, from {@code /proc/self/mountinfo} (see proc(5)). */
final class KernelMounts {
  private static final Path TABLE = Path.of("/proc/self/mountinfo");
  private static final String TYPE = "fuse.pando ";
  private static final String SEPARATOR = " - ";
  private static final String OWNER = "user_id=";
  private static final int DEVICE_FIELD = 2;
  private static final int MOUNTPOINT_FIELD = 4;

  private KernelMounts() {}

  /** Whether Pando is mounted at this absolute path, whether it answers or not. */
  static boolean hasPandoAt(Path mountpoint) {
    return ownerOfPandoAt(mountpoint).isPresent();
  }

  /** The user who has mounted Pando at this absolute path, uppermost; empty if nobody has. */
  static OptionalInt ownerOfPandoAt(Path mountpoint) {
    OptionalInt owner = OptionalInt.empty();
    try {
      for (String line : Files.readAllLines(TABLE, StandardCharsets.ISO_8859_1)) {
        if (isPando(line) && mountpointOf(line).equals(mountpoint)) {
          owner = OptionalInt.of(ownerOf(line));
        }
      }
    } catch (IOException e) {
      return OptionalInt.empty();
    }
    return owner;
  }

  /** The minor number of the device of what Pando has at this absolute path, uppermost. */
  static OptionalInt minorOfPandoAt(Path mountpoint) {
    OptionalInt minor = OptionalInt.empty();
    try {
      for (String line : Files.readAllLines(TABLE, StandardCharsets.ISO_8859_1)) {
        if (isPando(line) && mountpointOf(line).equals(mountpoint)) {
          String device = line.split(" ", DEVICE_FIELD + 2)[DEVICE_FIELD];
          minor = OptionalInt.of(Integer.parseInt(device.substring(device.indexOf(':') + 1)));
        }
      }
    } catch (IOException e) {
      return OptionalInt.empty();
    }
    return minor;
  }

  private static boolean isPando(String line) {
    int separator = line.indexOf(SEPARATOR);
    return separator >= 0 && line.startsWith(TYPE, separator + SEPARATOR.length());
  }

  private static int ownerOf(String line) {
    String options = line.substring(line.lastIndexOf(' ') + 1);
    for (String option : options.split(",", -1)) {
      if (option.startsWith(OWNER)) {
        return Integer.parseUnsignedInt(option.substring(OWNER.length()));
      }
    }
    return 0;
  }

  /** Blanks, tabs, newlines and backslashes stand there as three octal digits. */
  private static Path mountpointOf(String line) {
    String field = line.split(" ", MOUNTPOINT_FIELD + 2)[MOUNTPOINT_FIELD];
    byte[] bytes = field.getBytes(StandardCharsets.ISO_8859_1);
    return Path.of(
        new String(bytes, StandardCharsets.UTF_8)
            .replace("\\040", " ")
            .replace("\\011", "\t")
            .replace("\\012", "\n")
            .replace("\\134", "\\"));
  }
}
