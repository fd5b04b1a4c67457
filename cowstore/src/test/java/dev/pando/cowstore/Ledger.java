package dev.pando.cowstore;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What writers mean to write, what the store acknowledged and what it called durable: three numbers
 * for each cell. Each cell has one writer; anybody reads. In a mapped file it outlives a killed
 * process.
 */
final class Ledger {
  private static final VarHandle LONGS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final int CELL_BYTES = 3 * Long.BYTES;
  private static final int ACKNOWLEDGED = Long.BYTES;
  private static final int DURABLE = 2 * Long.BYTES;

  private final ByteBuffer memory;

  /**
   * @param memory zeros at first, direct or mapped
   */
  Ledger(ByteBuffer memory) {
    this.memory = memory;
  }

  static int bytes(int cells) {
    return cells * CELL_BYTES;
  }

  /** The next number to write into the cell, which from now on may be found there. */
  long intend(int cell) {
    long next = intended(cell) + 1;
    set(cell * CELL_BYTES, next);
    return next;
  }

  void acknowledge(int cell, long sequence) {
    set(cell * CELL_BYTES + ACKNOWLEDGED, sequence);
  }

  void durable(int cell, long sequence) {
    set(cell * CELL_BYTES + DURABLE, sequence);
  }

  /** After a loss: the least that was found. */
  void found(int cell, long sequence) {
    acknowledge(cell, sequence);
    durable(cell, sequence);
  }

  long intended(int cell) {
    return get(cell * CELL_BYTES);
  }

  long acknowledged(int cell) {
    return get(cell * CELL_BYTES + ACKNOWLEDGED);
  }

  long durable(int cell) {
    return get(cell * CELL_BYTES + DURABLE);
  }

  private long get(int at) {
    return (long) LONGS.getAcquire(memory, at);
  }

  private void set(int at, long value) {
    LONGS.setRelease(memory, at, value);
  }
}
