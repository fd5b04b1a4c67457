package dev.pando.cowstore;

import dev.pando.cowstore.map.MapPage;
import java.nio.ByteBuffer;

/**
 * Runs of blocks within one leaf, and where they go: the body of a write-extent or a range-copy
 * record. One thread's scratch.
 */
final class Extents {
  /** Bytes of one extent in a record. */
  static final int BYTES = 12;

  private final int[] slots = new int[MapPage.ENTRIES];
  private final int[] counts = new int[MapPage.ENTRIES];
  private final long[] addresses = new long[MapPage.ENTRIES];
  private int size;

  void clear() {
    size = 0;
  }

  /**
   * Adds {@code count} blocks from {@code slot} on; {@code address} 0 makes them holes. One that
   * goes on where the last ended makes it longer.
   */
  void add(int slot, int count, long address) {
    int last = size - 1;
    if (last >= 0
        && slots[last] + counts[last] == slot
        && (address == 0 ? addresses[last] == 0 : addresses[last] + counts[last] == address)
        && (address == 0 || addresses[last] != 0)) {
      counts[last] += count;
      return;
    }
    slots[size] = slot;
    counts[size] = count;
    addresses[size] = address;
    size++;
  }

  int size() {
    return size;
  }

  int slot(int i) {
    return slots[i];
  }

  int count(int i) {
    return counts[i];
  }

  long address(int i) {
    return addresses[i];
  }

  void write(ByteBuffer out) {
    out.putInt(size);
    for (int i = 0; i < size; i++) {
      out.putShort((short) slots[i]).putShort((short) counts[i]).putLong(addresses[i]);
    }
  }

  int writtenBytes() {
    return Integer.BYTES + size * BYTES;
  }

  void read(ByteBuffer in) {
    size = in.getInt();
    for (int i = 0; i < size; i++) {
      slots[i] = in.getShort();
      counts[i] = in.getShort();
      addresses[i] = in.getLong();
    }
  }
}
