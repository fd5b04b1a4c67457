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

  /** Takes blocks, free or not. */
  void take(int from, int count) {
    end = Math.max(end, from + count);
    for (int block = from; block < from + count; block++) {
      long bit = 1L << block;
      if ((taken[block >>> 6] & bit) == 0) {
        taken[block >>> 6] |= bit;
        freeBlocks--;
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
      }
    }
    cursor = Math.min(cursor, from);
  }

  /** Takes the first run of free blocks, at most {@code wanted}, and returns it, or -1 if none. */
  long takeRun(int wanted) {
    long run = takeRun(cursor, wanted);
    if (run < 0) {
      run = takeRun(0, wanted);
    }
    if (run >= 0) {
      cursor = Block.inSegment(Runs.address(run)) + Runs.count(run);
    }
    return run;
  }

  /** The same from a block on. */
  long takeRun(int from, int wanted) {
    int first = nextFree(from);
    if (first < 0) {
      return -1;
    }
    int count = 1;
    while (count < wanted && first + count < Block.PER_SEGMENT && isFree(first + count)) {
      count++;
    }
    take(first, count);
    return Runs.pack(Block.address(index, first), count);
  }

  private boolean isFree(int block) {
    return (taken[block >>> 6] & 1L << block) == 0;
  }

  private int nextFree(int from) {
    if (from >= Block.PER_SEGMENT) {
      return -1;
    }
    int word = from >>> 6;
    long free = ~taken[word] & -1L << from;
    while (free == 0) {
      if (++word == WORDS) {
        return -1;
      }
      free = ~taken[word];
    }
    return (word << 6) + Long.numberOfTrailingZeros(free);
  }
}
