package dev.pando.tests.bench;

import dev.pando.tests.MountedStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What of a daemon's memory no file can take back. */
final class Resident {
  private static final double MEBIBYTE = 1 << 20;

  private Resident() {}

  /** RssAnon and RssShmem of the daemon that serves a mount, in MiB. */
  static double mebibytes(MountedStore store) throws IOException {
    long kibibytes = 0;
    Path status = Path.of("/proc", Long.toString(store.daemon().pid()), "status");
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("RssAnon:") || line.startsWith("RssShmem:")) {
        kibibytes += Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    return (kibibytes << 10) / MEBIBYTE;
  }
}
