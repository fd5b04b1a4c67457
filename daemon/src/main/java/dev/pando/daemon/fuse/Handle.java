package dev.pando.daemon.fuse;

import dev.pando.daemon.tree.OpenFile;

/** A file that somebody has open, and what the transport remembers about it. */
public final class Handle {
  private final long number;
  private final OpenFile file;

  /** When this file last lost its capabilities for being written to; see {@link OpenFiles}. */
  private volatile long incapableSince = OpenFiles.NEVER;

  /** When it last lost its set-id bits too. */
  private volatile long withoutSetIdSince = OpenFiles.NEVER;

  /**
   * @param number the {@code unique} of the request that opened it
   */
  public Handle(long number, OpenFile file) {
    this.number = number;
    this.file = file;
  }

  /** What the kernel calls it: {@code fh}. */
  public long number() {
    return number;
  }

  public OpenFile file() {
    return file;
  }

  long incapableSince() {
    return incapableSince;
  }

  long withoutSetIdSince() {
    return withoutSetIdSince;
  }

  void unprivilegedSince(long epoch, boolean withoutSetId) {
    incapableSince = epoch;
    if (withoutSetId) {
      withoutSetIdSince = epoch;
    }
  }
}
