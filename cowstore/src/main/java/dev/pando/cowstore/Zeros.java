package dev.pando.cowstore;

import com.kenai.jffi.MemoryIO;
import dev.pando.cowstore.io.LibC;
import dev.pando.cowstore.io.NativeMemory;
import dev.pando.cowstore.segment.Block;

/** One block of zeros in native memory, never changed. */
final class Zeros {
  private static final NativeMemory MEMORY = NativeMemory.allocate(Block.BYTES);
  private static final MemoryIO IO = MemoryIO.getInstance();

  static final long ADDRESS = MEMORY.address();

  private Zeros() {}

  /** Whether a block in native memory is all zeros; of most others one word is looked at. */
  static boolean isBlock(long address) {
    return IO.getLong(address) == 0 && LibC.CALLS.memcmp(address, ADDRESS, Block.BYTES) == 0;
  }
}
