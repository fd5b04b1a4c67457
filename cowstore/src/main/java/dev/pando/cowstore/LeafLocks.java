package dev.pando.cowstore;

import java.util.concurrent.locks.StampedLock;

/**
 * One lock for each leaf of each file, striped: held shared to write in place, exclusively to
 * change what the leaf maps. A thread holds one at a time.
 */
final class LeafLocks {
  private static final int STRIPES = 1024;

  private final StampedLock[] stripes = new StampedLock[STRIPES];

  LeafLocks() {
    for (int i = 0; i < STRIPES; i++) {
      stripes[i] = new StampedLock();
    }
  }

  StampedLock of(long fileId, long leafIndex) {
    long hash = (fileId * 0x9e3779b97f4a7c15L + leafIndex) * 0xbf58476d1ce4e5b9L;
    return stripes[(int) (hash >>> 54)];
  }

  /** Takes one of them shared; returns the stamp. */
  static long share(StampedLock lock) {
    for (int tries = 0; ; tries++) {
      long stamp = lock.tryReadLock();
      if (stamp != 0) {
        return stamp;
      }
      if (!Patience.again(tries)) {
        return lock.readLock();
      }
    }
  }

  /** Takes one of them exclusively; returns the stamp. */
  static long take(StampedLock lock) {
    for (int tries = 0; ; tries++) {
      long stamp = lock.tryWriteLock();
      if (stamp != 0) {
        return stamp;
      }
      if (!Patience.again(tries)) {
        return lock.writeLock();
      }
    }
  }
}
