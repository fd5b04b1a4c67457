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
}
