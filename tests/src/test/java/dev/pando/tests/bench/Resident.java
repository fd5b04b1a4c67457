package dev.pando.tests.bench;

import dev.pando.daemon.host.ProcessFiles;
import dev.pando.tests.MountedStore;
import java.io.IOException;
import java.util.List;

/** What of a daemon's memory no file can take back. */
final class Resident {
  private static final double MEBIBYTE = 1 << 20;

  private Resident() {}

  /** RssAnon and RssShmem of the daemon that serves a mount, in MiB. */
  static double mebibytes(MountedStore store) throws IOException {
    long kibibytes = 0;
    ProcessFiles daemon = ProcessFiles.of(store.daemon().pid());
    for (String kind : List.of("RssAnon", "RssShmem")) {
      kibibytes += Long.parseLong(daemon.status(kind).orElseThrow().replaceAll("[^0-9]", ""));
    }
    return (kibibytes << 10) / MEBIBYTE;
  }
}
