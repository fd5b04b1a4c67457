package dev.pando.cowstore;

import dev.pando.cowstore.io.LibC;
import dev.pando.cowstore.map.Entry;
import dev.pando.cowstore.map.MapPage;
import dev.pando.cowstore.segment.Block;
import java.io.IOException;

/**
 * Fills newly allocated blocks, whole: what a recycled one holds is another file's. Thread-safe,
 * with a scratch for each thread.
 */
final class BlockFiller {
  private final Engine engine;

  BlockFiller(Engine engine) {
    this.engine = engine;
  }

  /** Fills new blocks whole: around what is written stands what was there before. */
  void writeNew(
      MapPage leaf,
      int slot,
      long block,
      int count,
      long blockStart,
      long at,
      long memory,
      int length,
      Scratch scratch)
      throws IOException {
    long end = at + length;
    long from = blockStart;
    long to = blockStart + ((long) count << Block.SHIFT);
    if (at > from || end < from + Block.BYTES) {
      compose(leaf, slot, from, at, memory, end, scratch);
      engine.segments.place(block, 0, scratch.block, Block.BYTES);
      from += Block.BYTES;
    }
    if (end < to && to > from) {
      to -= Block.BYTES;
      compose(leaf, slot + count - 1, to, at, memory, end, scratch);
      engine.segments.place(block + count - 1, 0, scratch.block, Block.BYTES);
    }
    if (to > from) {
      int skipped = (int) ((from - blockStart) >>> Block.SHIFT);
      engine.segments.place(block + skipped, 0, memory + (from - at), (int) (to - from));
    }
  }

  /** Puts together one block in the scratch: what is there now, and what is written over it. */
  private void compose(
      MapPage leaf, int slot, long blockStart, long at, long memory, long end, Scratch scratch)
      throws IOException {
    readBlock(leaf, slot, scratch);
    long from = Math.max(at, blockStart);
    long to = Math.min(end, blockStart + Block.BYTES);
    LibC.CALLS.memcpy(scratch.block + (from - blockStart), memory + (from - at), to - from);
  }

  /** Reads what a file has in one block into the scratch. */
  void readBlock(MapPage leaf, int slot, Scratch scratch) throws IOException {
    long old = leaf == null ? 0 : Entry.data(leaf.entry(slot));
    if (old == 0) {
      LibC.CALLS.memset(scratch.block, 0, Block.BYTES);
    } else {
      engine.segments.read(old, 0, scratch.block, Block.BYTES);
    }
  }
}
