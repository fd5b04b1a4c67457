package dev.pando.cowstore;

import dev.pando.cowstore.io.NativeMemory;
import dev.pando.cowstore.segment.Block;

/** One block of zeros in native memory, which nobody writes to. */
final class Zeros {
  private static final NativeMemory MEMORY = NativeMemory.allocate(Block.BYTES);

  static final long ADDRESS = MEMORY.address();

  private Zeros() {}
}
