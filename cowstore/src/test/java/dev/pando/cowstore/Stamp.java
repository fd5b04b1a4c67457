package dev.pando.cowstore;

import dev.pando.cowstore.io.NativeBuffer;

/**
 * What tests write into sectors: a word of 8 bytes that names the file, the sector and a sequence
 * number, all over the sector. A lost, foreign or displaced sector shows, and a torn one too, even
 * if it is read while it is being written.
 */
record Stamp(long file, long sector, long sequence) {
  static final int SECTOR = 512;

  /** Stamps {@code length} bytes of memory for the range of the file at {@code offset}. */
  static void fill(NativeBuffer memory, long file, long offset, int length, long sequence) {
    for (int at = 0; at < length; at += Long.BYTES) {
      memory.bytes().putLong(at, new Stamp(file, (offset + at) / SECTOR, sequence).word());
    }
  }

  /**
   * The sequence number of the sector of {@code file} whose bytes lie at {@code at}; 0 if it holds
   * zeros.
   */
  static long sequence(NativeBuffer memory, int at, long file, long sector) {
    long word = memory.bytes().getLong(at);
    for (int in = 0; in < SECTOR; in += Long.BYTES) {
      if (memory.bytes().getLong(at + in) != word) {
        throw new AssertionError(
            "sector %d of file %d is torn: %s and %s"
                .formatted(sector, file, of(word), of(memory.bytes().getLong(at + in))));
      }
    }
    return sequence(word, file, sector);
  }

  /** The bytes of a range that is being written belong to the file and the place, or are zeros. */
  static void requireOwn(NativeBuffer memory, long file, long offset, int length) {
    for (int at = 0; at < length; at += Long.BYTES) {
      sequence(memory.bytes().getLong(at), file, (offset + at) / SECTOR);
    }
  }

  private static long sequence(long word, long file, long sector) {
    Stamp stamp = of(word);
    if (word != 0 && !stamp.isOf(file, sector)) {
      throw new AssertionError("sector %d of file %d holds %s".formatted(sector, file, stamp));
    }
    return stamp.sequence;
  }

  /** Whether it is of this sector of this file. */
  boolean isOf(long ofFile, long ofSector) {
    return file == ofFile && sector == ofSector;
  }

  static Stamp of(long word) {
    return new Stamp(word >>> 48, word >>> 24 & 0xffffff, word & 0xffffff);
  }

  /** It as the bytes of a sector repeat it. */
  long word() {
    return file << 48 | sector << 24 | sequence;
  }
}
