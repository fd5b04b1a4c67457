package dev.pando.cowstore;

/**
 * Notices that nearly every write of a file is followed by an fsync, as those of a database's log
 * are. Linux sends one fsync of a file at a time, and no write meanwhile; so what is flushed before
 * its write is answered is flushed beside others', and the fsync finds nothing to do.
 *
 * <p>Counts are not exact when threads meet: they are a guess.
 */
final class SyncHabit {
  private static final int SYNCS = 16;
  private static final int MOST_WRITES = 20;

  /** So many without an fsync, and the habit has changed. */
  private static final int TOO_MANY_WRITES = 2 * MOST_WRITES;

  private int writes;
  private int syncs;
  private volatile boolean eachWrite;

  /** Notes a write; returns whether an fsync is expected right after it. */
  boolean wrote() {
    int count = ++writes;
    if (count <= TOO_MANY_WRITES) {
      return eachWrite;
    }
    if (eachWrite) {
      eachWrite = false;
    }
    return false;
  }

  /** Notes an fsync. */
  synchronized void synced() {
    if (++syncs >= SYNCS) {
      eachWrite = writes <= MOST_WRITES;
      writes = 0;
      syncs = 0;
    }
  }
}
