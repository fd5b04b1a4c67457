package dev.pando.cowstore.segment;

import java.util.HashMap;
import java.util.Map;
import java.util.function.LongConsumer;

/** A set of blocks: a bitmap of each segment that has any, 32 KiB. Not thread-safe. */
public final class BlockSet {
  private static final int WORDS = Block.PER_SEGMENT / Long.SIZE;

  private final Map<Integer, long[]> bitmaps = new HashMap<>();

  /** Adds {@code count} blocks of one segment. */
  public void add(long address, int count) {
    long[] words = bitmaps.computeIfAbsent(Block.segment(address), s -> new long[WORDS]);
    int first = Block.inSegment(address);
    for (int block = first; block < first + count; block++) {
      words[block >>> 6] |= 1L << block;
    }
  }

  /** Whether a block is in it. */
  public boolean contains(long address) {
    long[] words = bitmaps.get(Block.segment(address));
    int block = Block.inSegment(address);
    return words != null && (words[block >>> 6] & 1L << block) != 0;
  }

  /** How many blocks are in it. */
  public long size() {
    return bitmaps.keySet().stream().mapToLong(this::size).sum();
  }

  /** How many blocks of one segment are in it. */
  public int size(int segment) {
    long[] words = bitmaps.get(segment);
    int size = 0;
    for (int i = 0; words != null && i < WORDS; i++) {
      size += Long.bitCount(words[i]);
    }
    return size;
  }

  /** Hands every block to {@code visitor}. */
  public void forEach(LongConsumer visitor) {
    bitmaps.forEach(
        (segment, words) -> {
          for (int i = 0; i < WORDS; i++) {
            for (long rest = words[i]; rest != 0; rest &= rest - 1) {
              visitor.accept(Block.address(segment, (i << 6) + Long.numberOfTrailingZeros(rest)));
            }
          }
        });
  }
}
