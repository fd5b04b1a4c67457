package dev.pando.cowstore.journal;

import dev.pando.cowstore.io.MappedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * A ring of records in a mapped file: FORMAT.md, chapter 4.
 *
 * <p>An append is a copy into memory. The process may die at any instant: what was appended before
 * is in the page cache and will be read again; the one record that was being appended fails its
 * checksum. What must survive the power is followed by {@link #force}.
 *
 * <p>Appending ({@link #begin}, {@link #end}) and {@link #trim} are for one thread at a time, under
 * its owner's lock. {@link #force} is for any thread.
 */
public final class Journal implements AutoCloseable {
  /** Bytes of a record before its body. */
  public static final int HEADER_BYTES = 24;

  private static final int LENGTH_OFFSET = 4;
  private static final int NUMBER_OFFSET = 8;
  private static final int TYPE_OFFSET = 16;
  private static final int WRAP = 0xff;
  private static final int ALIGNMENT = 8;
  private static final int READ_AHEAD_BYTES = 8 << 20;

  private final MappedFile file;
  private final ByteBuffer memory;

  /** Positions and limits are set for a checksum; guarded by the owner's lock. */
  private final ByteBuffer checksummed;

  private final CRC32C crc = new CRC32C();
  private final int ringBytes;

  private int seed;

  /** Where the next record goes, counted from the first byte ever appended. */
  private long head;

  /** Where the oldest record stands that is still needed. */
  private long tail;

  private long number;
  private int openAt;
  private int openBytes;

  public Journal(MappedFile file) {
    this.file = file;
    this.memory = file.buffer();
    file.readAhead(0, memory.capacity());
    this.checksummed = memory.duplicate();
    this.ringBytes = memory.capacity() - JournalHeader.BYTES;
  }

  /** The header as it stands in the file, or null. */
  public JournalHeader header() {
    return JournalHeader.read(memory);
  }

  /** The length of its file. */
  public int fileBytes() {
    return memory.capacity();
  }

  /** Bytes the ring holds. */
  public int capacityBytes() {
    return ringBytes;
  }

  /**
   * Begins a session: from here on records are appended after {@code lastNumber}. The header is
   * durable on return.
   */
  public void begin(JournalHeader header, long position, long lastNumber) throws IOException {
    header.write(memory);
    file.force();
    seed = seed(header.session());
    head = position;
    tail = position;
    number = lastNumber;
  }

  /** The longest record: what a wrap of the ring may waste. */
  public int maxRecordBytes() {
    return ringBytes / 4;
  }

  /** Bytes that a record with a body of this length takes at most. */
  public static int recordBytes(int bodyBytes) {
    return align(HEADER_BYTES + bodyBytes);
  }

  /** The number of the last record appended. */
  public long lastNumber() {
    return number;
  }

  /** Where the next record goes: what {@link #trim} and {@link #begin} take. */
  public long position() {
    return head;
  }

  /** Bytes between the oldest needed record and the head. */
  public long usedBytes() {
    return head - tail;
  }

  /**
   * Starts a record and returns the buffer, positioned where its body goes; {@link #end} makes it
   * count. The caller has seen to it that there is room.
   */
  public ByteBuffer begin(int type, int bodyBytes) {
    int length = HEADER_BYTES + bodyBytes;
    int at = (int) (head % ringBytes);
    int left = ringBytes - at;
    if (left < align(length)) {
      if (left >= HEADER_BYTES) {
        writeHeader(at, left, number + 1, WRAP);
        seal(at, HEADER_BYTES);
      }
      head += left;
      at = 0;
    }
    if (head + align(length) - tail > ringBytes) {
      throw new IllegalStateException("journal overrun: " + usedBytes() + " + " + length);
    }
    openAt = at;
    openBytes = length;
    writeHeader(at, length, number + 1, type);
    memory.limit(JournalHeader.BYTES + at + length);
    memory.position(JournalHeader.BYTES + at + HEADER_BYTES);
    return memory;
  }

  /** Ends the record that was begun, and returns its number. */
  public long end() {
    if (memory.hasRemaining()) {
      throw new IllegalStateException("a record's body is short by " + memory.remaining());
    }
    seal(openAt, openBytes);
    memory.clear();
    head += align(openBytes);
    return ++number;
  }

  /** Gives the room of all records before {@code position} back. */
  public void trim(long position) {
    tail = position;
  }

  /**
   * Has the host read again what is behind a position, should it have dropped it: an append would
   * wait for the disk. Any thread.
   */
  public void readAhead(long position) {
    int from = (int) (position % ringBytes);
    int length = Math.min(READ_AHEAD_BYTES, ringBytes);
    int beforeEnd = Math.min(length, ringBytes - from);
    file.readAhead(JournalHeader.BYTES + from, beforeEnd);
    file.readAhead(JournalHeader.BYTES, length - beforeEnd);
  }

  /** Makes every record appended before the call durable. */
  public void force() throws IOException {
    file.force();
  }

  /** Takes records as a scan finds them. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * Takes one record.
     *
     * @param body positioned at the record's body and limited to it; valid during the call
     */
    void record(long number, int type, ByteBuffer body) throws IOException;
  }

  /**
   * Reads the whole records of a session in order, from the one after {@code lastNumber} at {@code
   * position} on, and returns the position after the last.
   */
  public long scan(long session, long position, long lastNumber, Visitor visitor)
      throws IOException {
    seed = seed(session);
    ByteBuffer body = memory.duplicate().order(memory.order());
    long at = position;
    long next = lastNumber + 1;
    while (at - position < ringBytes) {
      int inRing = (int) (at % ringBytes);
      int left = ringBytes - inRing;
      if (left < HEADER_BYTES) {
        at += left;
        continue;
      }
      int base = JournalHeader.BYTES + inRing;
      int length = memory.getInt(base + LENGTH_OFFSET);
      int type = memory.get(base + TYPE_OFFSET) & 0xff;
      if (memory.getLong(base + NUMBER_OFFSET) != next || length < HEADER_BYTES || length > left) {
        break;
      }
      if (memory.getInt(base) != checksum(inRing, type == WRAP ? HEADER_BYTES : length)) {
        break;
      }
      if (type == WRAP) {
        at += left;
        continue;
      }
      body.limit(base + length).position(base + HEADER_BYTES);
      visitor.record(next, type, body);
      at += align(length);
      next++;
    }
    return at;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  private void writeHeader(int at, int length, long recordNumber, int type) {
    int base = JournalHeader.BYTES + at;
    memory.putInt(base + LENGTH_OFFSET, length);
    memory.putLong(base + NUMBER_OFFSET, recordNumber);
    memory.putLong(base + TYPE_OFFSET, type);
  }

  private void seal(int at, int length) {
    memory.putInt(JournalHeader.BYTES + at, checksum(at, length));
  }

  private int checksum(int at, int length) {
    int base = JournalHeader.BYTES + at;
    crc.reset();
    checksummed.limit(base + length).position(base + LENGTH_OFFSET);
    crc.update(checksummed);
    return (int) crc.getValue() ^ seed;
  }

  /** Sessions differ in every checksum, so that a record of an earlier one never counts. */
  private static int seed(long session) {
    CRC32C crc = new CRC32C();
    crc.update(ByteBuffer.allocate(Long.BYTES).putLong(session).flip());
    return (int) crc.getValue();
  }

  private static int align(int length) {
    return (length + ALIGNMENT - 1) & -ALIGNMENT;
  }
}
