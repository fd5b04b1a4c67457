package dev.pando.cowstore.segment;

/**
 * Which blocks of one segment are taken: in use, handed out, or freed and not yet to be used again.
 * Guarded by the allocator.
 */
final class SegmentSpace {
  private static final int WORDS = Block.PER_SEGMENT / Long.SIZE;

  final int index;
  private final long[] taken = new long[WORDS];
  private int freeBlocks = Block.PER_SEGMENT;

  /** Behind the last block that was ever taken, as far as known here. */
  private int end;

  /** Whether there are free blocks that the host was not given back; it may be wrong at first. */
  boolean untrimmed;

  /**
   * Blocks that the host has space for already, as far as known: those that were used, or set
   * aside, and not given back to it. A block keeps its bit while it is taken. Null if there are
   * none.
   */
  private long[] backed;

  private int backedBlocks;

  /** How many of the free blocks are backed: to use them costs the host nothing. */
  private int reusableBlocks;

  /** Where the next search begins. */
  private int cursor;

  SegmentSpace(int index) {
    this.index = index;
    if (index == 0) {
      take(0, 1); // address 0 means a hole
    }
  }

  int end() {
    return end;
  }

  int freeBlocks() {
    return freeBlocks;
  }

  int reusableBlocks() {
    return reusableBlocks;
  }

  /** Takes blocks, free or not. */
  void take(int from, int count) {
    end = Math.max(end, from + count);
    for (int block = from; block < from + count; block++) {
      long bit = 1L << block;
      if ((taken[block >>> 6] & bit) == 0) {
        taken[block >>> 6] |= bit;
        freeBlocks--;
        reusableBlocks -= isBacked(block) ? 1 : 0;
      }
    }
  }

  /** Makes blocks free. */
  void release(int from, int count) {
    for (int block = from; block < from + count; block++) {
      long bit = 1L << block;
      if ((taken[block >>> 6] & bit) != 0) {
        taken[block >>> 6] &= ~bit;
        freeBlocks++;
        reusableBlocks += isBacked(block) ? 1 : 0;
      }
    }
    cursor = Math.min(cursor, from);
  }

  /** Notes that the host has space for blocks, free or not, or was given it back. */
  void back(int from, int count, boolean isBacked) {
    if (backed == null) {
      if (!isBacked) {
        return;
      }
      backed = new long[WORDS];
    }
    for (int block = from; block < from + count; block++) {
      if (isBacked(block) != isBacked) {
        backed[block >>> 6] ^= 1L << block;
        backedBlocks += isBacked ? 1 : -1;
        reusableBlocks += isFree(block) ? (isBacked ? 1 : -1) : 0;
      }
    }
    if (backedBlocks == 0) {
      backed = null;
    }
  }

  /**
   * Takes the first run of free blocks, at most {@code wanted}, and returns it, or -1 if none.
   *
   * @param reusable only blocks that the host has space for
   */
  long takeRun(int wanted, boolean reusable) {
    long run = takeRun(cursor, wanted, reusable);
    if (run < 0) {
      run = takeRun(0, wanted, reusable);
    }
    if (run >= 0 && !reusable) {
      cursor = Block.inSegment(Runs.address(run)) + Runs.count(run);
    }
    return run;
  }

  /** The same from a block on. */
  long takeRun(int from, int wanted, boolean reusable) {
    int first = next(from, reusable);
    if (first < 0) {
      return -1;
    }
    int count = 1;
    while (count < wanted
        && first + count < Block.PER_SEGMENT
        && (candidates((first + count) >>> 6, reusable) & 1L << (first + count)) != 0) {
      count++;
    }
    take(first, count);
    return Runs.pack(Block.address(index, first), count);
  }

  private boolean isBacked(int block) {
    return backed != null && (backed[block >>> 6] & 1L << block) != 0;
  }

  private boolean isFree(int block) {
    return (taken[block >>> 6] & 1L << block) == 0;
  }

  /** Free blocks of one word of the bitmaps, or those of them that are backed. */
  private long candidates(int word, boolean reusable) {
    long free = ~taken[word];
    if (!reusable) {
      return free;
    }
    return backed == null ? 0 : free & backed[word];
  }

  private int next(int from, boolean reusable) {
    if (from >= Block.PER_SEGMENT) {
      return -1;
    }
    int word = from >>> 6;
    long found = candidates(word, reusable) & -1L << from;
    while (found == 0) {
      if (++word == WORDS) {
        return -1;
      }
      found = candidates(word, reusable);
    }
    return (word << 6) + Long.numberOfTrailingZeros(found);
  }
}
