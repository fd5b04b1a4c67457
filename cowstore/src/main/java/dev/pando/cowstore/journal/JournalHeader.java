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
  /** The headers' share of the file, in bytes; the ring follows. */
  static final int BYTES = 4096;

  /**
   * There are two, written in turn, so that one of them is whole whenever the process ends: the one
   * before the newest says that all its records are committed.
   */
  private static final int SLOTS = 2;

  private static final int SLOT_BYTES = BYTES / SLOTS;
  private static final long MAGIC = 0x314c4e4a6f646e50L; // "PndoJNL1"
  private static final int STORE_OFFSET = 8;
  private static final int SESSION_OFFSET = 24;
  private static final int DEVICE_OFFSET = 32;
  private static final int BOOT_ID_OFFSET = 48;
  private static final int BOOT_ID_BYTES = 64;
  private static final int CHECKSUM_OFFSET = 112;

  void write(ByteBuffer file) {
    byte[] boot = new byte[BOOT_ID_BYTES];
    byte[] name = bootId.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(name, 0, boot, 0, Math.min(name.length, BOOT_ID_BYTES));
    ByteBuffer out = slot(file, (int) (session % SLOTS));
    out.putLong(0, MAGIC);
    out.putLong(STORE_OFFSET, store.getMostSignificantBits());
    out.putLong(STORE_OFFSET + Long.BYTES, store.getLeastSignificantBits());
    out.putLong(SESSION_OFFSET, session);
    out.putLong(DEVICE_OFFSET, device);
    out.put(BOOT_ID_OFFSET, boot);
    out.putInt(CHECKSUM_OFFSET, checksum(out));
  }

  /** The newest header of a journal file that is whole, or null. */
  static JournalHeader read(ByteBuffer file) {
    JournalHeader newest = null;
    for (int i = 0; i < SLOTS; i++) {
      ByteBuffer in = slot(file, i);
      if (in.getLong(0) == MAGIC
          && in.getInt(CHECKSUM_OFFSET) == checksum(in)
          && (newest == null || in.getLong(SESSION_OFFSET) > newest.session)) {
        byte[] boot = new byte[BOOT_ID_BYTES];
        in.get(BOOT_ID_OFFSET, boot);
        newest =
            new JournalHeader(
                new UUID(in.getLong(STORE_OFFSET), in.getLong(STORE_OFFSET + Long.BYTES)),
                in.getLong(SESSION_OFFSET),
                new String(boot, StandardCharsets.US_ASCII).replace("\0", ""),
                in.getLong(DEVICE_OFFSET));
      }
    }
    return newest;
  }

  private static ByteBuffer slot(ByteBuffer file, int index) {
    return file.duplicate().clear().slice(index * SLOT_BYTES, SLOT_BYTES).order(file.order());
  }

  private static int checksum(ByteBuffer slot) {
    CRC32C crc = new CRC32C();
    crc.update(slot.duplicate().position(0).limit(CHECKSUM_OFFSET));
    return (int) crc.getValue();
  }
}
