package dev.pando.daemon.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** The present boot of the host: proc(5). Does not change while this process lives. */
public final class HostBoot {
  private static final String BOOT_TIME = "btime ";
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private static final UUID ID = UUID.fromString(read("/proc/sys/kernel/random/boot_id").strip());
  private static final long START_NANOS =
      read("/proc/stat")
          .lines()
          .filter(line -> line.startsWith(BOOT_TIME))
          .mapToLong(line -> Long.parseLong(line.substring(BOOT_TIME.length()).strip()))
          .map(seconds -> seconds * NANOS_PER_SECOND)
          .findFirst()
          .orElse(0);

  private HostBoot() {}

  /** Another one at each boot. */
  public static UUID id() {
    return ID;
  }

  /** When the host was booted, nanoseconds since the epoch, to the second; 0 if it does not say. */
  public static long startNanos() {
    return START_NANOS;
  }

  private static String read(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      throw new UncheckedIOException("no /proc to read", e);
    }
  }
}
