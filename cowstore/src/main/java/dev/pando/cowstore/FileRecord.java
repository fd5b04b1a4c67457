package dev.pando.cowstore;

import java.nio.ByteBuffer;

/**
 * A file as the catalog has it: FORMAT.md, chapter 6.
 *
 * @param sizeBytes its length
 * @param root the id of the root page of its map; 0 if it maps nothing
 * @param epoch the epoch it bears
 * @param mappedBlocks entries that are not holes
 * @param privateBlocks entries whose private mark counts
 * @param dataTime when data or size changed last, nanoseconds since 1970
 * @param group the files that share segments with it
 * @param flags a set of {@link #FROZEN}, {@link #TRIM}, {@link #COUNTED} and {@link #RESERVED}
 * @param unwrittenBlocks entries that are reserved and not written; they count among the mapped and
 *     the private ones
 */
record FileRecord(
    long sizeBytes,
    long root,
    long epoch,
    long mappedBlocks,
    long privateBlocks,
    long dataTime,
    long group,
    int flags,
    long unwrittenBlocks) {
  static final byte TABLE = 'F';

  /** Takes no changes. */
  static final int FROZEN = 1;

  /** Blocks past the end of the file may still be mapped. */
  static final int TRIM = 2;

  /** Space was reserved for it since it was forked last. */
  static final int RESERVED = 8;

  /** What the file has of its own counts to the account of its group. */
  static final int COUNTED = 4;

  private static final int BYTES = 8 * Long.BYTES + Integer.BYTES;

  byte[] encode() {
    return ByteBuffer.allocate(BYTES)
        .putLong(sizeBytes)
        .putLong(root)
        .putLong(epoch)
        .putLong(mappedBlocks)
        .putLong(privateBlocks)
        .putLong(dataTime)
        .putLong(group)
        .putInt(flags)
        .putLong(unwrittenBlocks)
        .array();
  }

  static FileRecord decode(byte[] value) {
    ByteBuffer in = ByteBuffer.wrap(value);
    return new FileRecord(
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getInt(),
        in.hasRemaining() ? in.getLong() : 0);
  }

  static byte[] key(long fileId) {
    return Epochs.key(TABLE, fileId);
  }
}
