package dev.pando.cowstore;

import dev.pando.cowstore.io.NativeMemory;
import dev.pando.cowstore.map.MapPath;
import dev.pando.cowstore.segment.Block;

/** What a thread needs to serve a request without allocating. */
final class Scratch {
  final RequestEpochs.Slot slot;
  final MapPath path = new MapPath();
  final Extents extents = new Extents();

  /** Blocks that were charged to the file's account and are not counted yet. */
  long charged;

  private final NativeMemory memory = NativeMemory.allocate(Block.BYTES);

  /** The address of one block of native memory. */
  final long block = memory.address();

  Scratch(RequestEpochs epochs) {
    slot = epochs.newSlot();
  }
}
