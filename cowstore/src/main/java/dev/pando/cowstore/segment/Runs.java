package dev.pando.cowstore.segment;

import java.util.Arrays;

/** A list of runs of consecutive blocks, in the order they were added. Not thread-safe. */
public final class Runs {
  private static final int COUNT_BITS = 20;
  private static final int MAX_COUNT = (1 << COUNT_BITS) - 1;

  private long[] runs = new long[16];
  private int size;

  /** Takes a run. */
  @FunctionalInterface
  public interface Visitor<X extends Exception> {
    /** Takes {@code count} blocks from {@code address} on. */
    void run(long address, int count) throws X;
  }

  /** Adds a run; one that goes on where the last ended, in the same segment, makes it longer. */
  public void add(long address, int count) {
    if (size > 0) {
      long last = runs[size - 1];
      int lastCount = count(last);
      if (address(last) + lastCount == address
          && Block.inSegment(address) != 0
          && lastCount + count <= MAX_COUNT) {
        runs[size - 1] = pack(address(last), lastCount + count);
        return;
      }
    }
    if (size == runs.length) {
      runs = Arrays.copyOf(runs, size * 2);
    }
    runs[size++] = pack(address, count);
  }

  public int size() {
    return size;
  }

  public void clear() {
    size = 0;
  }

  /** Blocks in all runs together. */
  public long blocks() {
    long blocks = 0;
    for (int i = 0; i < size; i++) {
      blocks += count(runs[i]);
    }
    return blocks;
  }

  /** Hands each run to {@code visitor}. */
  public <X extends Exception> void forEach(Visitor<X> visitor) throws X {
    for (int i = 0; i < size; i++) {
      visitor.run(address(runs[i]), count(runs[i]));
    }
  }

  /** Whether a block is in one of the runs, which have been sorted. */
  public boolean contains(long address) {
    int at = Arrays.binarySearch(runs, 0, size, pack(address, MAX_COUNT));
    int before = at >= 0 ? at : -at - 2;
    return before >= 0 && address < address(runs[before]) + count(runs[before]);
  }

  /** Puts the runs into the order of their addresses and joins neighbours. */
  public void sortAndJoin() {
    long[] sorted = Arrays.copyOf(runs, size);
    Arrays.sort(sorted);
    size = 0;
    for (long run : sorted) {
      add(address(run), count(run));
    }
  }

  /** A run as {@link Allocator#allocate} packs it. */
  public static long pack(long address, int count) {
    return address << COUNT_BITS | count;
  }

  /** The first block of a run as {@link Allocator#allocate} packs it. */
  public static long address(long run) {
    return run >>> COUNT_BITS;
  }

  /** How many blocks a run as {@link Allocator#allocate} packs it has. */
  public static int count(long run) {
    return (int) run & MAX_COUNT;
  }
}
