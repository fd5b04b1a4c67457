package dev.pando.cowstore.journal;

import dev.pando.cowstore.io.MappedFile;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A ring of records in a mapped file: FORMAT.md, chapter 4.
 *
 * <p>An append is a copy into memory. The process may die at any instant: what was appended before
 * is in the page cache and will be read again; the one record that was being appended fails its
 * checksum. What must survive the power is followed by {@link #force}.
 *
 * <p>So that the end can be told from damage, the journal says in two ways how far it went: {@link
 * #confirm} notes the last record in the file's head, for whoever finds the page cache as it was;
 * and each record tells which one was the last to be durable when it was appended.
 *
 * <p>Appending ({@link #begin}, {@link #end}, {@link #confirm}) and {@link #trim} are for one
 * thread at a time, under its owner's lock. {@link #force} is for any thread.
 */
public final class Journal implements AutoCloseable {
  /** Bytes of a record before its body. */
  public static final int HEADER_BYTES = 24;

  /** What {@link #confirmed} returns if nothing can be read. */
  public static final long UNKNOWN = -1;

  private static final int LENGTH_OFFSET = 4;
  private static final int NUMBER_OFFSET = 8;
  private static final int TYPE_OFFSET = 16;
  private static final int DURABLE_OFFSET = 20;

  /** Where, in each of the two parts of the file's head, the last record's number stands. */
  private static final int CONFIRMED_OFFSET = 2 * JournalHeader.COPY_BYTES;

  private static final int TYPE_BITS = 8;
  private static final long FAR = 0xffffffffL;
  private static final int WRAP = 0xff;
  private static final int ALIGNMENT = 8;
  private static final int READ_AHEAD_BYTES = 8 << 20;

  /**
   * Where the number of a session stands of which a flush failed: in no checksum, as it is put
   * there while the session goes on, in one step. It must last only as long as the page cache.
   */
  private static final int FAILED_OFFSET = JournalHeader.BYTES - Long.BYTES;

  private final MappedFile file;
  private final ByteBuffer memory;

  /** Positions and limits are set for a checksum; guarded by the owner's lock. */
  private final ByteBuffer checksummed;

  private final CRC32C crc = new CRC32C();
  private final int ringBytes;

  private Seal seal;

  /** The one that was begun. */
  private volatile long session;

  /** Where the next record goes, counted from the first byte ever appended. */
  private long head;

  /** Where the oldest record stands that is still needed. */
  private long tail;

  private long number;

  /** The last record that was known to be durable, at least. */
  private volatile long durable;

  private int openAt;
  private int openBytes;

  public Journal(MappedFile file) {
    this.file = file;
    this.memory = file.buffer();
    file.readAhead(0, memory.capacity());
    this.checksummed = memory.duplicate();
    this.ringBytes = memory.capacity() - JournalHeader.BYTES;
  }

  /** The headers that stand in the file and are whole, at most two. */
  public List<JournalHeader> headers() {
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
   * Makes a file the journal of a session that has nothing to be replayed, whatever it was before;
   * durably.
   */
  public void format(JournalHeader header) throws IOException {
    memory.put(0, new byte[JournalHeader.BYTES]);
    header.write(memory);
    file.force();
  }

  /**
   * Begins a session: from here on records are appended after {@code lastNumber}. The header is
   * durable on return.
   */
  public void begin(JournalHeader header, long position, long lastNumber) throws IOException {
    session = header.session();
    seal = new Seal(header.nonce());
    head = position;
    tail = position;
    number = lastNumber;
    durable = lastNumber;
    confirm(); // what was confirmed of the session before counts for nothing in this one
    header.write(memory);
    file.force();
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

  /**
   * Ends the record that was begun, and returns its number. It is to be {@linkplain #confirm
   * confirmed} when it has had its effect.
   */
  public long end() {
    if (memory.hasRemaining()) {
      throw new IllegalStateException("a record's body is short by " + memory.remaining());
    }
    seal(openAt, openBytes);
    memory.clear();
    head += align(openBytes);
    return ++number;
  }

  /**
   * Notes that every record so far has had its effect, and may be acknowledged: whoever finds fewer
   * in the same page cache knows that some are damaged.
   */
  public void confirm() {
    VarHandle.releaseFence(); // not before the record
    long word = seal.word(number);
    for (int slot = 0; slot < JournalHeader.SLOTS; slot++) {
      memory.putLong(slot * JournalHeader.SLOT_BYTES + CONFIRMED_OFFSET, word);
    }
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

  /**
   * Makes every record appended before the call durable.
   *
   * @param covered the number of one of them, for those that follow to tell
   */
  public void force(long covered) throws IOException {
    // what is confirmed would be one more page to write, and is of no use when the power goes
    try {
      file.force(JournalHeader.BYTES, ringBytes);
    } catch (IOException e) {
      noteFailure();
      throw e;
    }
    synchronized (this) {
      durable = Math.max(durable, covered);
    }
  }

  /** The last record that is known to be durable in the file, at least; any thread. */
  public long durable() {
    return durable;
  }

  /**
   * Notes that a flush failed in the session that was begun: the host may have dropped what it
   * could not write, and the next flush would not tell. Any thread; makes nothing durable.
   */
  public void noteFailure() {
    noteFailure(session);
  }

  /** The same of a session that an earlier process began. */
  public void noteFailure(long ofSession) {
    if (ofSession != 0) {
      memory.putLong(FAILED_OFFSET, ofSession);
    }
  }

  /** Whether a flush is known to have failed in this session. */
  public boolean hasFailed(long inSession) {
    return memory.getLong(FAILED_OFFSET) == inSession;
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
   * How far a journal can be read.
   *
   * @param position where the next record would stand
   * @param number the last record's
   * @param durable the last record that was durable once, as the records tell; 0 if none does
   */
  public record End(long position, long number, long durable) {}

  /**
   * Reads the whole records of a session in order, from the one after {@code lastNumber} at {@code
   * position} on.
   */
  public End scan(long nonce, long position, long lastNumber, Visitor visitor) throws IOException {
    seal = new Seal(nonce);
    ByteBuffer body = memory.duplicate().order(memory.order());
    long at = position;
    long next = lastNumber + 1;
    long told = 0;
    while (at - position < ringBytes) {
      int inRing = (int) (at % ringBytes);
      int left = ringBytes - inRing;
      if (left < HEADER_BYTES) {
        at += left;
        continue;
      }
      if (memory.getLong(JournalHeader.BYTES + inRing + NUMBER_OFFSET) != next
          || !isWhole(inRing)) {
        break;
      }
      if (typeAt(inRing) == WRAP) {
        at += left;
        continue;
      }
      int length = visit(inRing, body, visitor);
      told = Math.max(told, durableAt(inRing));
      at += align(length);
      next++;
    }
    return new End(at, next - 1, told);
  }

  /**
   * Looks behind the end of a {@link #scan} for whole records of the same session that stand there
   * all the same: at every place of the ring, as what lies between says nothing of where the next
   * begins. Those of the session that are older than the end, in room that was given back, are
   * none.
   *
   * @return where the last of them ends: the same as {@code end} if there is none
   */
  public End scanAhead(long nonce, End end, Visitor visitor) throws IOException {
    seal = new Seal(nonce);
    ByteBuffer body = memory.duplicate().order(memory.order());
    long highest = end.number() + ringBytes / HEADER_BYTES;
    long last = end.number();
    long told = end.durable();
    for (int inRing = 0; inRing <= ringBytes - HEADER_BYTES; ) {
      long found = memory.getLong(JournalHeader.BYTES + inRing + NUMBER_OFFSET);
      if (found <= end.number() || found > highest || !isWhole(inRing) || typeAt(inRing) == WRAP) {
        inRing += ALIGNMENT;
        continue;
      }
      last = Math.max(last, found);
      told = Math.max(told, durableAt(inRing));
      inRing += align(visit(inRing, body, visitor));
    }
    return new End(end.position(), last, told);
  }

  /**
   * The last record that was confirmed in a session, as long as the page cache is the one that was
   * written; {@link #UNKNOWN} if that can not be read.
   *
   * @param near a record number not far from it
   */
  public long confirmed(long nonce, long near) {
    Seal read = new Seal(nonce);
    long confirmed = UNKNOWN;
    for (int slot = 0; slot < JournalHeader.SLOTS; slot++) {
      long word = memory.getLong(slot * JournalHeader.SLOT_BYTES + CONFIRMED_OFFSET);
      if (read.isWord(word)) {
        confirmed = Math.max(confirmed, near + Seal.distance(word, near));
      }
    }
    return confirmed;
  }

  /** Where a position stands in the file, in bytes. */
  public long fileOffset(long position) {
    return JournalHeader.BYTES + position % ringBytes;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  private void writeHeader(int at, int length, long recordNumber, int type) {
    int base = JournalHeader.BYTES + at;
    memory.putInt(base + LENGTH_OFFSET, length);
    memory.putLong(base + NUMBER_OFFSET, recordNumber);
    memory.putInt(
        base + TYPE_OFFSET, seal.ofHeader(recordNumber, length, type) << TYPE_BITS | type);
    memory.putInt(base + DURABLE_OFFSET, (int) Math.min(FAR, recordNumber - durable));
  }

  private int typeAt(int at) {
    return memory.get(JournalHeader.BYTES + at + TYPE_OFFSET) & 0xff;
  }

  /** The last record that was durable when the one at this place was appended; 0: long before. */
  private long durableAt(int at) {
    int base = JournalHeader.BYTES + at;
    long before = memory.getInt(base + DURABLE_OFFSET) & FAR;
    return before == FAR ? 0 : memory.getLong(base + NUMBER_OFFSET) - before;
  }

  /** Whether a whole record of the session stands at a place of the ring. */
  private boolean isWhole(int at) {
    int base = JournalHeader.BYTES + at;
    int length = memory.getInt(base + LENGTH_OFFSET);
    int type = typeAt(at);
    return length >= HEADER_BYTES
        && length <= ringBytes - at
        && memory.getInt(base + TYPE_OFFSET) >>> TYPE_BITS
            == seal.ofHeader(memory.getLong(base + NUMBER_OFFSET), length, type)
        && memory.getInt(base) == checksum(at, type == WRAP ? HEADER_BYTES : length);
  }

  /** Hands a record over; returns its length. */
  private int visit(int at, ByteBuffer body, Visitor visitor) throws IOException {
    int base = JournalHeader.BYTES + at;
    int length = memory.getInt(base + LENGTH_OFFSET);
    body.limit(base + length).position(base + HEADER_BYTES);
    visitor.record(memory.getLong(base + NUMBER_OFFSET), typeAt(at), body);
    return length;
  }

  private void seal(int at, int length) {
    memory.putInt(JournalHeader.BYTES + at, checksum(at, length));
  }

  private int checksum(int at, int length) {
    int base = JournalHeader.BYTES + at;
    crc.reset();
    checksummed.limit(base + length).position(base + LENGTH_OFFSET);
    crc.update(checksummed);
    return (int) crc.getValue() ^ seal.seed;
  }

  private static int align(int length) {
    return (length + ALIGNMENT - 1) & -ALIGNMENT;
  }
}
