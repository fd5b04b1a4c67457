package dev.pando.tests.bench;

import dev.pando.tests.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The host's page cache, and the disk below it. For root. */
final class HostCache {
  private static final double LEAST_FROM_DISK = 0.8;
  private static final int SECTOR_BYTES = 512;
  private static final int DROPPING_SECONDS = 300;

  private HostCache() {}

  /** Writes out what is dirty and forgets all that is clean. */
  static void drop() throws IOException {
    Program.of("sync").within(DROPPING_SECONDS).run().succeeded();
    Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "3\n");
  }

  /** How much of a file, or of all files in a directory, is cached. */
  static long cachedBytes(Path path) throws IOException {
    String found =
        Program.shell(
                "find \"$1\" -type f -print0 | xargs -0r fincore --bytes --noheadings --output RES",
                path)
            .run()
            .succeeded()
            .out();
    return found.lines().mapToLong(line -> Long.parseLong(line.strip())).sum();
  }

  /** Fails unless most of these bytes were read from the disk since it had read {@code before}. */
  static void requireRead(Path file, long before, long bytes) throws IOException {
    long read = bytesRead(file) - before;
    if (read < bytes * LEAST_FROM_DISK) {
      throw new IllegalStateException(
          "of " + bytes + " bytes only " + read + " came from the disk");
    }
  }

  /** What was read so far from the disk that holds this file, by anybody. */
  static long bytesRead(Path file) throws IOException {
    String device =
        Program.shell("findmnt -no MAJ:MIN --target \"$1\"", file).run().succeeded().out().strip();
    String[] counters =
        Files.readString(Path.of("/sys/dev/block", device, "stat")).strip().split(" +", -1);
    return Long.parseLong(counters[2]) * SECTOR_BYTES;
  }
}
