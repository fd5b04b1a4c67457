package dev.pando.cowstore;

import dev.pando.cowstore.catalog.Catalog;
import dev.pando.cowstore.segment.Block;
import dev.pando.cowstore.segment.SpaceRecords;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The blocks that are shared otherwise than by fork. Such a block counts as shared whatever its
 * mark says, and only a sweep frees it. Bits are set under the log lock with the gate of the giving
 * file closed, and read with a gate open, so that a reader sees what it must.
 */
final class BeyondFamily {
  static final byte TABLE = 'B';
  private static final int SEGMENTS = 1 << 18;

  /** By segment; null where no block is beyond its family. */
  private final AtomicReferenceArray<long[]> bits = new AtomicReferenceArray<>(SEGMENTS);

  /** How many there are; changed under the log lock. */
  private volatile long size;

  static BeyondFamily load(Catalog catalog) throws IOException {
    BeyondFamily family = new BeyondFamily();
    SpaceRecords.scanBits(catalog, TABLE, family::add);
    return family;
  }

  /** How many blocks are beyond their family. */
  long size() {
    return size;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer, the holder of the log lock
  void add(long address, int count) {
    int segment = Block.segment(address);
    long[] words = bits.get(segment);
    if (words == null) {
      words = new long[Block.PER_SEGMENT / Long.SIZE];
      bits.set(segment, words);
    }
    int first = Block.inSegment(address);
    int added = 0;
    for (int block = first; block < first + count; block++) {
      added += (words[block >>> 6] & 1L << block) == 0 ? 1 : 0;
      words[block >>> 6] |= 1L << block;
    }
    size += added;
  }

  /** A block that nothing refers to is in no family any more; returns whether it was beyond one. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer, the holder of the log lock
  boolean remove(long address) {
    if (!contains(address)) {
      return false;
    }
    int block = Block.inSegment(address);
    bits.get(Block.segment(address))[block >>> 6] &= ~(1L << block);
    size--;
    return true;
  }

  /** Takes a block. */
  @FunctionalInterface
  interface Visitor {
    void block(long address) throws IOException;
  }

  /** Hands the blocks of one segment to {@code visitor}; what changes meanwhile is seen or not. */
  void forEach(int segment, Visitor visitor) throws IOException {
    long[] words = bits.get(segment);
    for (int i = 0; words != null && i < words.length; i++) {
      for (long rest = words[i]; rest != 0; rest &= rest - 1) {
        visitor.block(Block.address(segment, (i << 6) + Long.numberOfTrailingZeros(rest)));
      }
    }
  }

  boolean contains(long address) {
    if (size == 0) {
      return false;
    }
    long[] words = bits.get(Block.segment(address));
    int block = Block.inSegment(address);
    return words != null && (words[block >>> 6] & 1L << block) != 0;
  }
}
