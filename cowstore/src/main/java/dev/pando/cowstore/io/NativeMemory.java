package dev.pando.cowstore.io;

import java.nio.ByteBuffer;
import jnr.ffi.Pointer;

/**
 * Native memory, zero at first, that lives as long as this object.
 *
 * @param buffer keeps it
 * @param address where it is
 */
public record NativeMemory(ByteBuffer buffer, long address) {
  /** Allocates so many bytes. */
  public static NativeMemory allocate(int bytes) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(bytes);
    return new NativeMemory(buffer, addressOf(buffer));
  }

  /** The native address of a direct buffer's first byte, wherever its position is. */
  public static long addressOf(ByteBuffer direct) {
    // jnr-ffi adds the position
    return Pointer.wrap(LibC.RUNTIME, direct.duplicate().clear()).address();
  }
}
