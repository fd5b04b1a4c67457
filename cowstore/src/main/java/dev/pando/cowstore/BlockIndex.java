package dev.pando.cowstore;

/**
 * Where a block with some fingerprint was seen: a file and the number of the block in it. A hint:
 * of bounded size it forgets what is in the way, and what it says may be out of date. Used by one
 * thread.
 */
final class BlockIndex {
  private static final int WAYS = 4;
  private static final int WORDS = 3;

  private final long[] entries;
  private final int mask;
  private int victim;

  /**
   * @param places how many blocks it can hold, a power of two; 24 bytes of heap each
   */
  BlockIndex(int places) {
    entries = new long[places * WORDS];
    mask = places / WAYS - 1;
  }

  /** The place of a fingerprint, or -1. */
  int find(long fingerprint) {
    int first = first(fingerprint);
    for (int at = first; at < first + WAYS * WORDS; at += WORDS) {
      if (entries[at] == fingerprint && entries[at + 1] != 0) {
        return at;
      }
    }
    return -1;
  }

  long file(int place) {
    return entries[place + 1];
  }

  long block(int place) {
    return entries[place + 2];
  }

  /** Remembers a block, and forgets another if there is no room. */
  void put(long fingerprint, long file, long block) {
    int first = first(fingerprint);
    int at = first + (victim++ & WAYS - 1) * WORDS;
    for (int free = first; free < first + WAYS * WORDS; free += WORDS) {
      if (entries[free + 1] == 0 || entries[free] == fingerprint) {
        at = free;
        break;
      }
    }
    entries[at] = fingerprint;
    entries[at + 1] = file;
    entries[at + 2] = block;
  }

  private int first(long fingerprint) {
    return ((int) (fingerprint ^ fingerprint >>> 32) & mask) * WAYS * WORDS;
  }
}
