package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A C struct that lies in a buffer. Not thread-safe: the memory belongs to whoever handles the
 * request in it.
 */
public abstract class Struct {
  private final ByteBuffer memory;
  private int base;

  /**
   * @param memory a buffer in native byte order
   * @param base where in it the struct begins, in bytes
   */
  protected Struct(ByteBuffer memory, int base) {
    if (memory.order() != ByteOrder.nativeOrder()) {
      throw new IllegalArgumentException("the kernel speaks " + ByteOrder.nativeOrder());
    }
    this.memory = memory;
    this.base = base;
  }

  /** Lays the struct over another place of the same buffer. */
  public void moveTo(int newBase) {
    base = newBase;
  }

  /** Where in the buffer the struct begins, in bytes. */
  public final int base() {
    return base;
  }

  final ByteBuffer memory() {
    return memory;
  }

  final long u64(int offset) {
    return memory.getLong(base + offset);
  }

  final int u32(int offset) {
    return memory.getInt(base + offset);
  }

  final void u64(int offset, long value) {
    memory.putLong(base + offset, value);
  }

  final void u32(int offset, int value) {
    memory.putInt(base + offset, value);
  }

  final void u16(int offset, int value) {
    memory.putShort(base + offset, (short) value);
  }

  /** Zeroes the struct: {@code bytes}, a multiple of 8. */
  public final void clear(int bytes) {
    for (int offset = 0; offset < bytes; offset += Long.BYTES) {
      u64(offset, 0);
    }
  }
}
