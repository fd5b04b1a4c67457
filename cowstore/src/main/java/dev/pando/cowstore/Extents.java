package dev.pando.cowstore;

import dev.pando.cowstore.map.MapPage;
import dev.pando.cowstore.segment.Block;
import java.nio.ByteBuffer;

/**
 * Runs of blocks within one leaf, and where they go: the body of a write-extent or a range-copy
 * record. No run goes past the end of a segment. One thread's scratch.
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
   * Adds {@code count} blocks of one segment from {@code slot} on; {@code address} 0 makes them
   * holes. One that goes on where the last ended makes it longer.
   */
  void add(int slot, int count, long address) {
    int last = size - 1;
    if (last >= 0
        && slots[last] + counts[last] == slot
        && (address == 0 ? addresses[last] == 0 : follows(last, address))) {
      counts[last] += count;
      return;
    }
    slots[size] = slot;
    counts[size] = count;
    addresses[size] = address;
    size++;
  }

  private boolean follows(int last, long address) {
    return addresses[last] != 0
        && addresses[last] + counts[last] == address
        && Block.inSegment(address) != 0;
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

  /** Reads what {@link #write} wrote; runs of earlier versions, over two segments, become two. */
  void read(ByteBuffer in) {
    clear();
    for (int left = in.getInt(); left > 0; left--) {
      int slot = in.getShort();
      int count = in.getShort();
      long address = in.getLong();
      int fit = Block.PER_SEGMENT - Block.inSegment(address);
      if (address != 0 && count > fit) {
        add(slot, fit, address);
        add(slot + fit, count - fit, address + fit);
      } else {
        add(slot, count, address);
      }
    }
  }
}
