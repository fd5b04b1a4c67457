package dev.pando.cowstore.journal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Whose journal it is, and where it was written: FORMAT.md, chapter 4.
 *
 * @param store the store's id
 * @param session the session of the store that writes it; seeds the checksums of the records
 * @param bootId the boot of the host during which it was written
 * @param device the device that held it
 */
public record JournalHeader(UUID store, long session, String bootId, long device) {
  /** The header's share of the file, in bytes; the ring follows. */
  static final int BYTES = 4096;

  private static final long MAGIC = 0x314c4e4a6f646e50L; // "PndoJNL1"
  private static final int BOOT_ID_BYTES = 64;
  private static final int CHECKSUM_OFFSET = 112;

  void write(ByteBuffer file) {
    ByteBuffer out = file.duplicate().order(file.order());
    byte[] boot = new byte[BOOT_ID_BYTES];
    byte[] name = bootId.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(name, 0, boot, 0, Math.min(name.length, BOOT_ID_BYTES));
    out.clear();
    out.putLong(MAGIC).putLong(store.getMostSignificantBits());
    out.putLong(store.getLeastSignificantBits()).putLong(session).putLong(device);
    out.putLong(0).put(boot);
    out.putInt(CHECKSUM_OFFSET, checksum(file));
  }

  /** The header of a journal file, or null if it has none that is whole. */
  static JournalHeader read(ByteBuffer file) {
    ByteBuffer in = file.duplicate().order(file.order());
    if (in.getLong(0) != MAGIC || in.getInt(CHECKSUM_OFFSET) != checksum(file)) {
      return null;
    }
    byte[] boot = new byte[BOOT_ID_BYTES];
    in.position(48);
    in.get(boot);
    return new JournalHeader(
        new UUID(in.getLong(8), in.getLong(16)),
        in.getLong(24),
        new String(boot, StandardCharsets.US_ASCII).replace("\0", ""),
        in.getLong(32));
  }

  private static int checksum(ByteBuffer file) {
    CRC32C crc = new CRC32C();
    crc.update(file.duplicate().position(0).limit(CHECKSUM_OFFSET));
    return (int) crc.getValue();
  }
}
