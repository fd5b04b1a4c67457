package dev.pando.cowstore;

import dev.pando.cowstore.map.MapPage;
import java.nio.ByteBuffer;

/**
 * Checksums of blocks that one leaf refers to: FORMAT.md, chapter 7. They hold as long as nobody
 * could change the blocks in place since they were made. Not thread-safe.
 */
final class PageChecksums {
  static final byte TABLE = 'C';
  private static final int HEADER_BYTES = 2 * Long.BYTES;
  private static final int WORDS = MapPage.ENTRIES / Long.SIZE;

  /** The epoch that the leaf belonged to, aliases followed. */
  final long epoch;

  /** The last record before the blocks were read. */
  final long record;

  private final long[] present = new long[WORDS];
  private final int[] checksums = new int[MapPage.ENTRIES];
  private int count;

  PageChecksums(long epoch, long record) {
    this.epoch = epoch;
    this.record = record;
  }

  /** Whether the block in a slot has one. */
  boolean has(int slot) {
    return (present[slot >>> 6] & 1L << slot) != 0;
  }

  int get(int slot) {
    return checksums[slot];
  }

  void put(int slot, int checksum) {
    count += has(slot) ? 0 : 1;
    present[slot >>> 6] |= 1L << slot;
    checksums[slot] = checksum;
  }

  byte[] encode() {
    ByteBuffer out =
        ByteBuffer.allocate(HEADER_BYTES + WORDS * Long.BYTES + count * Integer.BYTES)
            .putLong(epoch)
            .putLong(record);
    for (long word : present) {
      out.putLong(word);
    }
    for (int slot = 0; slot < MapPage.ENTRIES; slot++) {
      if (has(slot)) {
        out.putInt(checksums[slot]);
      }
    }
    return out.array();
  }

  static PageChecksums decode(byte[] value) {
    ByteBuffer in = ByteBuffer.wrap(value);
    PageChecksums page = new PageChecksums(in.getLong(), in.getLong());
    for (int i = 0; i < WORDS; i++) {
      page.present[i] = in.getLong();
    }
    for (int slot = 0; slot < MapPage.ENTRIES; slot++) {
      if (page.has(slot)) {
        page.checksums[slot] = in.getInt();
        page.count++;
      }
    }
    return page;
  }
}
