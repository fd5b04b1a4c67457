package dev.pando.cowstore;

import dev.pando.cowstore.segment.Block;
import java.nio.ByteBuffer;

/** One block of zeros in native memory, which nobody writes to. */
final class Zeros {
  private static final ByteBuffer BUFFER = ByteBuffer.allocateDirect(Block.BYTES);

  static final long ADDRESS = Scratch.addressOf(BUFFER);

  private Zeros() {}
}
