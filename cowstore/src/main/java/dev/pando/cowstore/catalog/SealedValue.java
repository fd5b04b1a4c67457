package dev.pando.cowstore.catalog;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * A record's value as it is stored: behind a checksum of its key and itself, so that a value under
 * another key is as wrong as one that changed. FORMAT.md, chapter 6.
 */
final class SealedValue {
  /** By how much a stored value is longer than what it holds. */
  static final int CHECKSUM_BYTES = Integer.BYTES;

  private SealedValue() {}

  /** Fills {@code out}, which has room for it, with a value as it is stored. */
  static ByteBuffer seal(byte[] key, byte[] value, ByteBuffer out) {
    out.clear().order(ByteOrder.BIG_ENDIAN).putInt(0).put(value).flip();
    out.putInt(0, checksum(key, out));
    return out;
  }

  /**
   * The value in what was stored.
   *
   * @throws DamagedCatalogException it is not what was stored under this key
   */
  static byte[] open(byte[] key, ByteBuffer stored) throws DamagedCatalogException {
    if (stored.remaining() < CHECKSUM_BYTES
        || stored.order(ByteOrder.BIG_ENDIAN).getInt(stored.position()) != checksum(key, stored)) {
      throw DamagedCatalogException.ofRecord(key);
    }
    byte[] value = new byte[stored.remaining() - CHECKSUM_BYTES];
    stored.get(stored.position() + CHECKSUM_BYTES, value);
    return value;
  }

  /** The key's length comes first: a byte that moved from the value to the key is seen. */
  private static int checksum(byte[] key, ByteBuffer stored) {
    CRC32C crc = new CRC32C();
    crc.update(key.length >>> Byte.SIZE);
    crc.update(key.length);
    crc.update(key);
    crc.update(stored.duplicate().position(stored.position() + CHECKSUM_BYTES));
    return (int) crc.getValue();
  }
}
