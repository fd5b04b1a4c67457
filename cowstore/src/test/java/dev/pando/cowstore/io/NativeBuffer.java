package dev.pando.cowstore.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jnr.ffi.Pointer;

/** Native memory with its address, which is good for as long as this object is reachable. */
public record NativeBuffer(ByteBuffer bytes, long address) {
  public static NativeBuffer of(int lengthBytes) {
    ByteBuffer bytes = ByteBuffer.allocateDirect(lengthBytes).order(ByteOrder.LITTLE_ENDIAN);
    return new NativeBuffer(bytes, Pointer.wrap(LibC.RUNTIME, bytes).address());
  }

  /** Native memory that holds {@code content}. */
  public static NativeBuffer of(byte[] content) {
    NativeBuffer buffer = of(content.length);
    buffer.bytes.put(0, content);
    return buffer;
  }

  /** A copy of the first {@code length} bytes. */
  public byte[] first(int length) {
    byte[] copy = new byte[length];
    bytes.get(0, copy);
    return copy;
  }
}
