package dev.pando.daemon.fuse;

import dev.pando.daemon.tree.OpenFile;

/** A file that somebody has open, and what the transport remembers about it. */
public final class Handle {
  private final long number;
  private final OpenFile file;
  private final int place;

  /** When this file last lost its capabilities for being written to; see {@link OpenFiles}. */
  private volatile long incapableSince = OpenFiles.NEVER;

  /** When it last lost its set-id bits too. */
  private volatile long withoutSetIdSince = OpenFiles.NEVER;

  /**
   * @param number the {@code unique} of the request that opened it
   */
  public Handle(long number, OpenFile file) {
    this(number, file, 0);
  }

  /**
   * As {@link #Handle(long, OpenFile)}.
   *
   * @param place where the transport keeps a note of it
   */
  public Handle(long number, OpenFile file, int place) {
    this.number = number;
    this.file = file;
    this.place = place;
  }

  /** What the kernel calls it: {@code fh}. */
  public long number() {
    return number;
  }

  public OpenFile file() {
    return file;
  }

  public int place() {
    return place;
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
