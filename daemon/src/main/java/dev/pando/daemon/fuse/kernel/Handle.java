package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.tree.OpenFile;

/** A file that somebody has open, and what the transport remembers about it. */
final class Handle {
  private final long number;
  private final OpenFile file;

  /** When this file last lost its privileges for being written to; see {@link OpenFiles}. */
  private volatile long unprivilegedSince = OpenFiles.NEVER;

  /**
   * @param number the {@code unique} of the request that opened it
   */
  Handle(long number, OpenFile file) {
    this.number = number;
    this.file = file;
  }

  /** What the kernel calls it: {@code fh}. */
  long number() {
    return number;
  }

  OpenFile file() {
    return file;
  }

  long unprivilegedSince() {
    return unprivilegedSince;
  }

  void unprivilegedSince(long epoch) {
    unprivilegedSince = epoch;
  }
}
