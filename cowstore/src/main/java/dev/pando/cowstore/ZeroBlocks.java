package dev.pando.cowstore;

import dev.pando.cowstore.segment.Block;

/** Finds the blocks of zeros in what is written: they are not stored. */
final class ZeroBlocks {
  private ZeroBlocks() {}

  /** Whether a write covers a block whole, and with zeros: such a block is not stored. */
  static boolean covers(int slot, long leafStart, long at, long memory, int length) {
    long blockStart = leafStart + ((long) slot << Block.SHIFT);
    return at <= blockStart
        && blockStart + Block.BYTES <= at + length
        && Zeros.isBlock(memory + (blockStart - at));
  }

  /** Whether a write within one leaf has blocks of zeros that need not be stored any more. */
  static boolean anyToFree(CowFile file, long leafIndex, long at, long memory, int length) {
    if (file.reserved) {
      return false;
    }
    int last = ReadPath.slot(at + length - 1);
    for (int slot = ReadPath.slot(at); slot <= last; slot++) {
      if (covers(slot, leafIndex << ReadPath.LEAF_SHIFT, at, memory, length)) {
        return true;
      }
    }
    return false;
  }

  /** How many of {@code count} blocks from a slot on come before the first of zeros. */
  static int blocksBefore(int slot, int count, long leafStart, long at, long memory, int length) {
    int blocks = 0;
    while (blocks < count && !covers(slot + blocks, leafStart, at, memory, length)) {
      blocks++;
    }
    return blocks;
  }
}
