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

  private volatile boolean empty = true;

  static BeyondFamily load(Catalog catalog) throws IOException {
    BeyondFamily family = new BeyondFamily();
    SpaceRecords.scanBits(catalog, TABLE, family::add);
    return family;
  }

  void add(long address, int count) {
    empty = false;
    int segment = Block.segment(address);
    long[] words = bits.get(segment);
    if (words == null) {
      words = new long[Block.PER_SEGMENT / Long.SIZE];
      bits.set(segment, words);
    }
    for (int block = Block.inSegment(address); count > 0; block++, count--) {
      words[block >>> 6] |= 1L << block;
    }
  }

  boolean contains(long address) {
    if (empty) {
      return false;
    }
    long[] words = bits.get(Block.segment(address));
    int block = Block.inSegment(address);
    return words != null && (words[block >>> 6] & 1L << block) != 0;
  }
}
