package dev.pando.cowstore;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.io.NativeMemory;
import dev.pando.cowstore.map.BlockMap;
import dev.pando.cowstore.map.MapPage;
import dev.pando.cowstore.segment.Block;
import dev.pando.cowstore.segment.Window;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The data of one file: bytes from 0 to its size, holes among them. Thread-safe. Reading and
 * writing move data between the segments and native memory, and allocate nothing once warm.
 *
 * <p>There is one instance for each file as long as anyone holds it, so it needs no closing.
 */
public final class CowFile {
  /** The largest size of a file. */
  public static final long MAX_BYTES = BlockMap.MAX_LEAVES * MapPage.ENTRIES * Block.BYTES;

  /** The most that one {@link #write} takes. */
  public static final int MAX_WRITE_BYTES = (1 << 20) + Block.BYTES;

  private final Engine engine;
  private final long id;
  final BlockMap map;
  final Window window;

  /** Held shared by whatever changes map or size, exclusively by what must see neither change. */
  final Gate gate = new Gate();

  /** Held by whatever makes the file longer. */
  final ReentrantLock extending = new ReentrantLock();

  /** Held, and no other lock of the file before it, while what is past the end is unmapped. */
  final ReentrantLock trimming = new ReentrantLock();

  /** Changed under the log lock. */
  volatile long size;

  /** Changed by any writer. */
  volatile long dataTime;

  /** The time that a record or the catalog has; changed under the log lock. */
  volatile long recordedTime;

  /** Changed under the log lock with the gate closed. */
  volatile boolean frozen;

  /**
   * The record that made it changeable again; until it is committed what the file holds stays where
   * it is. Changed under the log lock with the gate closed.
   */
  volatile long thawedBy;

  /** Space was reserved since the last fork: its blocks stay its own also when they are zeroed. */
  volatile boolean reserved;

  /** Counts shrinkings whose trimming is due; 0 when none is. Changed under the log lock. */
  volatile int trimsDue;

  /** The number of the last record that changed the file; changed under the log lock. */
  volatile long lastRecord;

  /** What an fsync has marked durable. */
  volatile long markedTo;

  /** Until this record is committed, only a commit makes the file durable. */
  volatile long sharedInto;

  /** The generation that holds on to this instance until it is committed; under the log lock. */
  volatile int heldBy;

  /** Removed: nothing more is recorded of it; changed under the log lock. */
  volatile boolean removed;

  /** Whether its writes are followed by an fsync each. */
  final SyncHabit syncHabit = new SyncHabit();

  /** Where its private blocks are counted, or null; changed under the log lock. */
  volatile Account account;

  /** How many of them are; guarded by the log lock. */
  private long countedBlocks;

  /** What an fsync has to flush. */
  final UnflushedSegments unflushed = new UnflushedSegments();

  CowFile(Engine engine, long id, FileRecord record, BlockMap map) {
    this.engine = engine;
    this.id = id;
    this.map = map;
    this.window = new Window(record.group());
    this.size = record.sizeBytes();
    this.dataTime = record.dataTime();
    this.recordedTime = record.dataTime();
    this.frozen = (record.flags() & FileRecord.FROZEN) != 0;
    this.reserved = (record.flags() & FileRecord.RESERVED) != 0;
    this.trimsDue = (record.flags() & FileRecord.TRIM) != 0 ? 1 : 0;
    this.account =
        (record.flags() & FileRecord.COUNTED) == 0
            ? null
            : engine.state.accounts.find(record.group());
    this.countedBlocks = account == null ? 0 : ownBlocks();
  }

  FileRecord record() {
    int flags =
        (frozen ? FileRecord.FROZEN : 0)
            | (trimsDue != 0 ? FileRecord.TRIM : 0)
            | (reserved ? FileRecord.RESERVED : 0)
            | (account != null ? FileRecord.COUNTED : 0);
    return new FileRecord(
        size,
        map.rootId(),
        map.epoch(),
        map.mappedBlocks(),
        map.privateBlocks(),
        dataTime,
        window.group(),
        flags,
        map.unwrittenBlocks());
  }

  /** The number by which the store knows the file. */
  public long id() {
    return id;
  }

  /** Its length. */
  public long sizeBytes() {
    return size;
  }

  /** What is not a hole, and what is reserved, in whole blocks. */
  public long mappedBytes() {
    return map.mappedBlocks() << Block.SHIFT;
  }

  /**
   * What only this file can reach, as far as its marks tell. While its epoch is being joined with
   * an earlier one it may be too much, by what the file had before and has overwritten.
   */
  public long privateBytes() {
    return ownBlocks() << Block.SHIFT;
  }

  private long ownBlocks() {
    return Math.min(map.privateBlocks(), map.mappedBlocks());
  }

  /** The group whose {@link Quota} it counts to; 0 if to none. */
  public long quotaGroup() {
    Account counted = account;
    return counted == null ? 0 : counted.group;
  }

  /** Has it counted to an account, or to none any more; under the log lock. */
  void countTo(Account other) {
    if (account != other) {
      uncount();
      account = other;
      count();
    }
  }

  /** Brings its account up to date; under the log lock. */
  void count() {
    Account to = account;
    if (to != null) {
      long blocks = ownBlocks();
      to.count(blocks - countedBlocks);
      countedBlocks = blocks;
    }
  }

  /** Takes it out of its account: it counts to none; under the log lock. */
  void uncount() {
    if (account != null) {
      account.count(-countedBlocks);
      countedBlocks = 0;
      account = null;
    }
  }

  /**
   * Whether this file holds what it did when {@code fork} was forked from it, to which nobody has
   * written since. Takes no time; may say no though nothing has changed, and never yes if something
   * has that was written before the call.
   */
  public boolean isAsForked(CowFile fork) {
    return size == fork.size && map.rootId() == fork.map.rootId();
  }

  /** Whether it takes no changes. */
  public boolean isFrozen() {
    return frozen;
  }

  /**
   * When its data or size changed last, in nanoseconds since 1970; 0 if never. After a crash, that
   * of writes in place may be up to a second older.
   */
  public long dataTimeNanos() {
    return dataTime;
  }

  /**
   * Reads up to {@code length} bytes into native memory at {@code address}; returns how many, 0 at
   * and past the end.
   */
  public int read(long offset, long address, int length) throws StoreException {
    return engine.reading.read(this, offset, address, length);
  }

  /** Reads into the remaining bytes of a direct buffer, which it advances. */
  public int read(long offset, ByteBuffer direct) throws StoreException {
    long address = NativeMemory.addressOf(direct) + direct.position();
    int length = read(offset, address, direct.remaining());
    direct.position(direct.position() + length);
    return length;
  }

  /**
   * Writes {@code length} bytes from native memory at {@code address}, at most {@link
   * #MAX_WRITE_BYTES}. On return every reader sees them and they survive the end of the process.
   *
   * @throws StoreException FULL, QUOTA, FROZEN, READ_ONLY, TOO_BIG or IO
   */
  public void write(long offset, long address, int length) throws StoreException {
    engine.writing.write(this, offset, address, length);
    if (syncHabit.wrote()) {
      engine.flusher.syncAhead(this);
    }
  }

  /**
   * As {@link #write(long, long, int)}, but never waits for space.
   *
   * @return false if there is no space now and some may come back: after {@link #awaitSpace} the
   *     write, of which a part may be there, can be tried again
   */
  public boolean writeNow(long offset, long address, int length) throws StoreException {
    if (!engine.writing.writeNow(this, offset, address, length)) {
      return false;
    }
    if (syncHabit.wrote()) {
      engine.flusher.syncAhead(this);
    }
    return true;
  }

  /** Waits for space that is on its way back, for some seconds; any thread may, for any file. */
  public void awaitSpace() throws StoreException {
    boolean unused = engine.committer.awaitFreedSpace();
  }

  /** Writes the remaining bytes of a direct buffer, which it advances. */
  public void write(long offset, ByteBuffer direct) throws StoreException {
    long address = NativeMemory.addressOf(direct) + direct.position();
    int length = direct.remaining();
    for (int done = 0; done < length; ) {
      int n = Math.min(length - done, MAX_WRITE_BYTES);
      write(offset + done, address + done, n);
      done += n;
    }
    direct.position(direct.limit());
  }

  /**
   * Reserves space: until the file is forked, or the range is unmapped, cut off or shared, no write
   * to it fails for want of space. What is there stays; what is not reads as zeros and is a hole
   * still. The size does not change, and the range may lie past it.
   *
   * @throws StoreException FULL or QUOTA, and nothing is reserved; FROZEN, READ_ONLY, TOO_BIG or IO
   */
  public void reserve(long offset, long length) throws StoreException {
    engine.reserving.reserve(this, offset, length);
  }

  /** What it shares segments with: what it was made or forked for. */
  public long group() {
    return window.group();
  }

  /**
   * Whether what is written to it may use space that was {@link CowStore#setAside}, from now on.
   */
  public void drawOnSetAside(boolean does) {
    window.drawOnSetAside(does);
  }

  /**
   * Makes a range read as zeros, and reserves it as {@link #reserve} does; the size does not
   * change. What only this file can reach is zeroed without taking space.
   */
  public void zero(long offset, long length) throws StoreException {
    engine.reserving.zero(this, offset, length);
  }

  /**
   * Makes a range read as zeros, and gives its whole blocks back, reserved ones also past the end;
   * the size does not change.
   */
  public void unmap(long offset, long length) throws StoreException {
    engine.resizing.unmap(this, offset, length);
  }

  /** Sets the size; what is added reads as zeros. */
  public void resize(long sizeBytes) throws StoreException {
    engine.resizing.resize(this, sizeBytes);
  }

  /** The first byte at or after {@code offset} that is not in a hole, or -1. */
  public long seekData(long offset) throws StoreException {
    return engine.reading.seekData(this, offset);
  }

  /** The first hole at or after {@code offset}; the end of the file is one. -1 past the end. */
  public long seekHole(long offset) throws StoreException {
    return engine.reading.seekHole(this, offset);
  }

  /**
   * Tells where the data of the file lies; holes and what is only reserved are left out. Of a file
   * that is written to meanwhile, each extent is of some moment during the call.
   */
  public void extents(ExtentVisitor visitor) throws StoreException {
    engine.reading.extents(this, visitor);
  }

  /**
   * Copies a range into another file, or another place of this one, by sharing its blocks where
   * both sides are aligned alike; returns how many bytes there were to copy. Ranges of one file may
   * overlap: the target holds what the source range held. A whole file is copied on to an empty one
   * by a fork, in constant time.
   *
   * @throws StoreException FULL, FROZEN, READ_ONLY, TOO_BIG or IO
   */
  public long copyRange(long offset, CowFile target, long targetOffset, long length)
      throws StoreException {
    return engine.copying.copyRange(this, offset, target, targetOffset, length);
  }

  /**
   * Makes what was written before the call durable, then tells {@code listener}. Does not wait.
   *
   * @param dataOnly as fdatasync(2): the time of the last change need not be durable
   */
  public void sync(boolean dataOnly, SyncListener listener) {
    engine.flusher.sync(this, dataOnly, listener);
  }

  /** Throws if the file has been removed: its blocks may be another's. */
  void checkPresent() throws StoreException {
    if (removed) {
      throw new StoreException(Reason.NO_SUCH_FILE, "file " + id + " has been removed");
    }
  }

  void checkWritable() throws StoreException {
    engine.health.checkWritable();
    checkPresent();
    if (frozen) {
      throw new StoreException(Reason.FROZEN, "file " + id + " is frozen");
    }
  }

  /** One more shrinking is to be followed by trimming; under the log lock. */
  @SuppressWarnings("NonAtomicVolatileUpdate")
  void shrank() {
    trimsDue++;
  }

  /** Notes that a write of this file to a segment has ended. */
  void touch(int segment) {
    unflushed.note(segment);
  }
}
