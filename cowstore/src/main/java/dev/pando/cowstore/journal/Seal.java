package dev.pando.cowstore.journal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * What makes a record one of its session, and no other: sums that nobody can make who does not know
 * the session's nonce. FORMAT.md, chapter 4.
 */
final class Seal {
  private static final long FACTOR = 0x9e3779b97f4a7c15L;
  private static final int SUM_BITS = 24;
  private static final int NUMBER_BITS = Long.SIZE - SUM_BITS;
  private static final long LOW = (1L << NUMBER_BITS) - 1;

  private final long nonce;

  /** Combined with the checksum of every record. */
  final int seed;

  Seal(long nonce) {
    this.nonce = nonce;
    CRC32C crc = new CRC32C();
    crc.update(ByteBuffer.allocate(Long.BYTES).putLong(nonce).flip());
    this.seed = (int) crc.getValue();
  }

  /** 24 bits that tell a record's header from anything else, before its body is looked at. */
  int ofHeader(long number, int length, int type) {
    long mixed = (number ^ nonce) * FACTOR;
    mixed = (mixed ^ (mixed >>> 32) ^ ((long) length << 8 | type)) * FACTOR;
    return (int) (mixed >>> NUMBER_BITS);
  }

  /** The low bits of a record number with their sum, in one word that is written in one step. */
  long word(long number) {
    long low = number & LOW;
    return (long) ofHeader(low, 0, 0) << NUMBER_BITS | low;
  }

  /** Whether this is a word of the session. */
  boolean isWord(long word) {
    return word(word) == word;
  }

  /** How far the record number of a word is above another one. */
  static long distance(long word, long number) {
    return ((word - number) << SUM_BITS) >> SUM_BITS;
  }
}
