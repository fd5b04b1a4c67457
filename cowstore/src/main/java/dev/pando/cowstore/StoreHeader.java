package dev.pando.cowstore;

import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * The state of the store as of its last commit: FORMAT.md, chapter 6.
 *
 * @param store the store's id
 * @param session counts openings
 * @param clean the store was closed, and the journal holds nothing
 * @param lastRecord the last journal record that the catalog holds
 * @param position where in the journal the next one begins
 * @param nextPage the first map page id never used
 * @param nextEpoch the first epoch never used
 * @param nextNumber the first number never handed out to the layer above
 * @param usedBlocks blocks in use
 * @param nonce chosen at random for the session; seeds the journal's checksums
 * @param durable the last record that is known to be durable in the journal itself
 */
record StoreHeader(
    UUID store,
    long session,
    boolean clean,
    long lastRecord,
    long position,
    long nextPage,
    long nextEpoch,
    long nextNumber,
    long usedBlocks,
    long nonce,
    long durable) {
  static final byte[] KEY = {'M'};

  private static final long FIRST_NUMBER = 2;
  private static final int BYTES = 11 * Long.BYTES + 1;

  /** What version 2 of the format stored, and no other does: chapter 8. */
  static final int BYTES_OF_VERSION_2 = 73;

  static StoreHeader fresh(UUID store) {
    return new StoreHeader(store, 0, true, 0, 0, 1, 1, FIRST_NUMBER, 0, 0, 0);
  }

  StoreHeader withUsedBlocks(long used) {
    return new StoreHeader(
        store,
        session,
        clean,
        lastRecord,
        position,
        nextPage,
        nextEpoch,
        nextNumber,
        used,
        nonce,
        durable);
  }

  byte[] encode() {
    return ByteBuffer.allocate(BYTES)
        .putLong(store.getMostSignificantBits())
        .putLong(store.getLeastSignificantBits())
        .putLong(session)
        .put((byte) (clean ? 1 : 0))
        .putLong(lastRecord)
        .putLong(position)
        .putLong(nextPage)
        .putLong(nextEpoch)
        .putLong(nextNumber)
        .putLong(usedBlocks)
        .putLong(nonce)
        .putLong(durable)
        .array();
  }

  /** What version 2 stored has no nonce: no journal belongs to it. */
  static StoreHeader decode(byte[] value) {
    ByteBuffer in = ByteBuffer.wrap(value);
    return new StoreHeader(
        new UUID(in.getLong(), in.getLong()),
        in.getLong(),
        in.get() != 0,
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.hasRemaining() ? in.getLong() : 0,
        in.hasRemaining() ? in.getLong() : 0);
  }
}
