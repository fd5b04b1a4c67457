package dev.pando.cowstore.journal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Whose journal it is, and where it was written: FORMAT.md, chapter 4.
 *
 * @param store the store's id
 * @param session the session of the store that writes it
 * @param nonce chosen at random for the session, and known to the catalog; seeds the checksums of
 *     the records
 * @param pageCache the page cache of the host that it was written to, as {@code StoreIo.pageCache}
 *     names it
 * @param device the device that held it
 * @param fileBytes the length of the journal's file
 */
public record JournalHeader(
    UUID store, long session, long nonce, String pageCache, long device, long fileBytes) {
  /** The headers' share of the file, in bytes; the ring follows. */
  public static final int BYTES = 4096;

  /**
   * There are two, written in turn, so that one of them is whole whenever the process ends: the one
   * before the newest says that all its records are committed.
   */
  static final int SLOTS = 2;

  static final int SLOT_BYTES = BYTES / SLOTS;

  /** Each stands there twice, so that one damaged sector takes none away. */
  private static final int COPIES = 2;

  static final int COPY_BYTES = 512;

  private static final long MAGIC = 0x334c4e4a6f646e50L; // "PndoJNL3"
  private static final int STORE_OFFSET = 8;
  private static final int SESSION_OFFSET = 24;
  private static final int DEVICE_OFFSET = 32;
  private static final int NONCE_OFFSET = 40;
  private static final int PAGE_CACHE_OFFSET = 48;
  private static final int PAGE_CACHE_BYTES = 64;
  private static final int LENGTH_OFFSET = 112;
  private static final int CHECKSUM_OFFSET = COPY_BYTES - Integer.BYTES;

  void write(ByteBuffer file) {
    for (int copy = 0; copy < COPIES; copy++) {
      write(file, copy);
    }
  }

  private void write(ByteBuffer file, int copy) {
    byte[] boot = new byte[PAGE_CACHE_BYTES];
    byte[] name = pageCache.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(name, 0, boot, 0, Math.min(name.length, PAGE_CACHE_BYTES));
    ByteBuffer out = copy(file, (int) (session % SLOTS), copy);
    out.put(new byte[COPY_BYTES]);
    out.putLong(0, MAGIC);
    out.putLong(STORE_OFFSET, store.getMostSignificantBits());
    out.putLong(STORE_OFFSET + Long.BYTES, store.getLeastSignificantBits());
    out.putLong(SESSION_OFFSET, session);
    out.putLong(DEVICE_OFFSET, device);
    out.putLong(NONCE_OFFSET, nonce);
    out.put(PAGE_CACHE_OFFSET, boot);
    out.putLong(LENGTH_OFFSET, fileBytes);
    out.putInt(CHECKSUM_OFFSET, checksum(out));
  }

  /** The headers of a journal file that are whole. */
  static List<JournalHeader> read(ByteBuffer file) {
    List<JournalHeader> whole = new ArrayList<>();
    for (int slot = 0; slot < SLOTS; slot++) {
      for (int copy = 0; copy < COPIES; copy++) {
        ByteBuffer in = copy(file, slot, copy);
        if (in.getLong(0) == MAGIC && in.getInt(CHECKSUM_OFFSET) == checksum(in)) {
          JournalHeader header = decode(in);
          if (!whole.contains(header)) {
            whole.add(header);
          }
        }
      }
    }
    return whole;
  }

  private static JournalHeader decode(ByteBuffer in) {
    byte[] boot = new byte[PAGE_CACHE_BYTES];
    in.get(PAGE_CACHE_OFFSET, boot);
    return new JournalHeader(
        new UUID(in.getLong(STORE_OFFSET), in.getLong(STORE_OFFSET + Long.BYTES)),
        in.getLong(SESSION_OFFSET),
        in.getLong(NONCE_OFFSET),
        new String(boot, StandardCharsets.US_ASCII).replace("\0", ""),
        in.getLong(DEVICE_OFFSET),
        in.getLong(LENGTH_OFFSET));
  }

  private static ByteBuffer copy(ByteBuffer file, int slot, int copy) {
    int at = slot * SLOT_BYTES + copy * COPY_BYTES;
    return file.duplicate().clear().slice(at, COPY_BYTES).order(file.order());
  }

  private static int checksum(ByteBuffer copy) {
    CRC32C crc = new CRC32C();
    crc.update(copy.duplicate().position(0).limit(CHECKSUM_OFFSET));
    return (int) crc.getValue();
  }
}
