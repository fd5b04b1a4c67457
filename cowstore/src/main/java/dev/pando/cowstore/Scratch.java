package dev.pando.cowstore;

import dev.pando.cowstore.io.LibC;
import dev.pando.cowstore.map.MapPath;
import dev.pando.cowstore.segment.Block;
import java.nio.ByteBuffer;
import jnr.ffi.Pointer;

/** What a thread needs to serve a request without allocating. */
final class Scratch {
  final RequestEpochs.Slot slot;
  final MapPath path = new MapPath();
  final Extents extents = new Extents();

  /** Keeps the memory behind {@link #block}. */
  @SuppressWarnings("unused")
  private final ByteBuffer buffer;

  /** The address of one block of native memory. */
  final long block;

  Scratch(RequestEpochs epochs) {
    slot = epochs.newSlot();
    buffer = ByteBuffer.allocateDirect(Block.BYTES);
    block = addressOf(buffer);
  }

  /** The native address of a direct buffer's first byte. */
  static long addressOf(ByteBuffer direct) {
    return Pointer.wrap(LibC.RUNTIME, direct).address();
  }
}
