package dev.pando.cowstore;

import dev.pando.cowstore.journal.Journal;
import dev.pando.cowstore.map.Entry;
import dev.pando.cowstore.map.MapPath;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;

/**
 * Where a change becomes true: under one short lock a record is appended to the journal and its
 * effect made visible, so that the order of the records is the order of what everybody sees. A
 * commit cuts between two records.
 */
final class Log {
  private static final int FILE_BYTES = 4 * Long.BYTES;

  private final Engine engine;
  private final Journal journal;
  private final LiveState state;

  /** The log lock. */
  final ShortLock lock = new ShortLock();

  /** Held by one batch of changes at a time, and by the reclaimer when an epoch is gone. */
  final ReentrantLock changing = new ReentrantLock();

  private final ReentrantLock forcing = new ReentrantLock();

  /** After a flush has failed none succeeds; guarded by {@link #forcing}. */
  private IOException forceFailure;

  /** The number of the last record; changed under the lock. */
  private volatile long lastRecord;

  /** The last record that is not the business of one file's data; changed under the lock. */
  private volatile long lastChange;

  /** Records up to this number are durable in the journal. */
  private volatile long forcedTo;

  /** Changes up to this number are covered by a durable mark. */
  private volatile long markedTo;

  Log(Engine engine, Journal journal, LiveState state) {
    this.engine = engine;
    this.journal = journal;
    this.state = state;
    this.lastRecord = journal.lastNumber();
    this.forcedTo = lastRecord;
    this.markedTo = lastRecord;
  }

  long lastRecord() {
    return lastRecord;
  }

  long lastChange() {
    return lastChange;
  }

  long markedTo() {
    return markedTo;
  }

  /**
   * Maps what was written to new blocks; with no extents, records size and time only.
   *
   * @return false if the path is not current any more: trace again
   */
  boolean write(CowFile file, long leafIndex, MapPath path, Extents extents, long size, long time)
      throws StoreException {
    return map(RecordType.WRITE, file, leafIndex, path, extents, size, time);
  }

  /** Maps reserved blocks; false if the path is not current. */
  boolean reserve(CowFile file, long leafIndex, MapPath path, Extents extents, long time)
      throws StoreException {
    return map(RecordType.RESERVE, file, leafIndex, path, extents, 0, time);
  }

  private boolean map(
      int type, CowFile file, long leafIndex, MapPath path, Extents extents, long size, long time)
      throws StoreException {
    lock.lock();
    try {
      if (extents.size() > 0 && !file.map.isCurrent(leafIndex, path)) {
        return false;
      }
      long newSize = Math.max(size, file.size);
      begin(type, file, newSize, time, leafIndex, extents.writtenBytes());
      extents.write(buffer);
      long number = journal.end();
      try {
        long mark = Entry.PRIVATE | (type == RecordType.RESERVE ? Entry.UNWRITTEN : 0);
        state.mapExtents(file, leafIndex, path, extents, mark);
        file.reserved |= type == RecordType.RESERVE;
        state.touch(file, newSize, time, number);
        appended(number);
      } catch (Throwable e) {
        throw withoutEffect(e);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Makes entries of a leaf holes; false if the path is not current. */
  boolean unmap(CowFile file, long leafIndex, MapPath path, int slot, int count, long time)
      throws StoreException {
    lock.lock();
    try {
      if (!file.map.isCurrent(leafIndex, path)) {
        return false;
      }
      begin(RecordType.UNMAP, file, file.size, time, leafIndex, 2 * Integer.BYTES);
      buffer.putInt(slot).putInt(count);
      end(
          number -> {
            state.unmap(file, leafIndex, path, slot, count);
            state.touch(file, file.size, time, number);
          });
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Makes a file shorter; the extents hold the block that is cut, if any. */
  boolean shrink(CowFile file, long size, long time, long leafIndex, MapPath path, Extents extents)
      throws StoreException {
    lock.lock();
    try {
      if (extents.size() > 0 && !file.map.isCurrent(leafIndex, path)) {
        return false;
      }
      begin(RecordType.RESIZE, file, size, time, leafIndex, extents.writtenBytes());
      extents.write(buffer);
      end(
          number -> {
            state.mapExtents(file, leafIndex, path, extents, Entry.PRIVATE);
            state.touch(file, size, time, number);
            file.shrank();
          });
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Notes that nothing is mapped past the end, unless the file shrank again. */
  void trimmed(CowFile file, int trimsDue) throws StoreException {
    lock.lock();
    try {
      if (file.trimsDue == trimsDue) {
        begin(RecordType.TRIMMED, file, file.size, file.recordedTime, 0, 0);
        end(
            number -> {
              file.trimsDue = 0;
              file.lastRecord = number;
              state.hold(file);
            });
      }
    } finally {
      lock.unlock();
    }
  }

  /** Maps blocks of {@code source}, whose gate is closed; false if the path is not current. */
  boolean share(
      CowFile file,
      long leafIndex,
      MapPath path,
      Extents extents,
      long size,
      long time,
      CowFile source)
      throws StoreException {
    lock.lock();
    try {
      if (!file.map.isCurrent(leafIndex, path)) {
        return false;
      }
      long newSize = Math.max(size, file.size);
      begin(RecordType.SHARE, file, newSize, time, leafIndex, extents.writtenBytes());
      extents.write(buffer);
      end(
          number -> {
            state.setBeyond(extents);
            state.shareExtents(file, leafIndex, path, extents);
            engine.files.inheritUnflushed(file, source);
            file.sharedInto = number;
            state.touch(file, newSize, time, number);
          });
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Marks blocks of a file as beyond their family; false if it has been removed. */
  boolean give(CowFile file, Extents extents) throws StoreException {
    lock.lock();
    try {
      if (!engine.files.isLive(file)) {
        return false;
      }
      buffer = begin(RecordType.GIVE, extents.writtenBytes());
      extents.write(buffer);
      end(number -> state.setBeyond(extents));
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Points entries of a leaf at equal blocks; false if the path is not current, or space of the
   * file was reserved meanwhile.
   */
  boolean repoint(CowFile file, long leafIndex, MapPath path, Extents extents) throws IOException {
    lock.lock();
    try {
      if (!engine.files.isLive(file) || file.reserved || !file.map.isCurrent(leafIndex, path)) {
        return false;
      }
      begin(
          RecordType.REPOINT,
          file,
          file.size,
          file.recordedTime,
          leafIndex,
          extents.writtenBytes());
      extents.write(buffer);
      end(
          number -> {
            state.repoint(file, leafIndex, path, extents);
            state.touch(file, file.size, file.recordedTime, number);
          });
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Holds on to a file that was written to in place. */
  void hold(CowFile file) {
    lock.lock();
    try {
      state.hold(file);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Applies a batch of changes, with the gates of the files it concerns closed.
   *
   * @param empty files that must not hold anything when it is applied
   * @param witness told the number of the record before it is written, under the log lock
   * @return false if one of them does: nothing has changed then
   */
  boolean change(
      byte[] operations,
      int units,
      Collection<CowFile> gated,
      Collection<CowFile> empty,
      LongConsumer witness)
      throws IOException {
    engine.health.checkWritable();
    int body = Long.BYTES + operations.length;
    if (Journal.recordBytes(body) > journal.maxRecordBytes()) {
      throw new StoreException(
          StoreException.Reason.TOO_BIG, "a change of " + body + " bytes in one step");
    }
    engine.reserve(Journal.recordBytes(body), units);
    engine.using.readLock().lock();
    try {
      changing.lock();
      Deque<CowFile> closed = new ArrayDeque<>();
      Deque<Long> stamps = new ArrayDeque<>();
      try {
        ChangeRecord.check(ByteBuffer.wrap(operations), engine.files, empty);
        for (CowFile file : gated) {
          stamps.push(file.gate.close());
          closed.push(file);
        }
        for (CowFile file : empty) {
          file.checkWritable();
          // the rest of a trim that is under way would take from what it holds then
          if (file.size != 0 || file.map.mappedBlocks() != 0 || file.trimsDue != 0) {
            return false;
          }
        }
        append(empty.isEmpty() ? RecordType.CHANGE : RecordType.COPY, operations, body, witness);
      } finally {
        while (!closed.isEmpty()) {
          closed.pop().gate.open(stamps.pop());
        }
        changing.unlock();
      }
    } finally {
      engine.using.readLock().unlock();
      engine.giveBack(Journal.recordBytes(body), units);
    }
    engine.reclaimer.wake();
    return true;
  }

  private void append(int type, byte[] operations, int body, LongConsumer witness)
      throws IOException {
    lock.lock();
    try {
      engine.health.checkWritable();
      witness.accept(journal.lastNumber() + 1);
      buffer = begin(type, body);
      buffer.putLong(state.nextNumber.get()).put(operations);
      end(
          number -> {
            if (type == RecordType.CHANGE) {
              lastChange = number;
            }
            ChangeRecord.apply(ByteBuffer.wrap(operations), number, state, engine.files);
          });
    } finally {
      lock.unlock();
    }
  }

  /** The first page id that was never used. */
  long nextPage() {
    lock.lock();
    try {
      return state.pages.nextId();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Notes that the data of some files, and every change that is not data, is durable up to record
   * {@code to}; returns when that note is durable.
   */
  void mark(List<CowFile> files, long to) throws IOException {
    long number;
    int body = Long.BYTES + Integer.BYTES + files.size() * Long.BYTES;
    engine.reserve(Journal.recordBytes(body), 0);
    try {
      lock.lock();
      try {
        buffer = begin(RecordType.MARK, body);
        buffer.putLong(to).putInt(files.size());
        for (CowFile file : files) {
          buffer.putLong(file.id());
        }
        number = end(made -> {});
      } finally {
        lock.unlock();
      }
    } finally {
      engine.giveBack(Journal.recordBytes(body), 0);
    }
    force(number);
    for (CowFile file : files) {
      synchronized (file) {
        file.markedTo = Math.max(file.markedTo, to);
      }
    }
    synchronized (this) {
      markedTo = Math.max(markedTo, to);
    }
  }

  /** Returns when record {@code number} is durable; whoever waits shares one flush. */
  private void force(long number) throws IOException {
    forcing.lock();
    try {
      if (forceFailure != null) {
        throw new IOException("an earlier flush of the journal failed", forceFailure);
      }
      if (forcedTo < number) {
        long covered = lastRecord;
        journal.force(covered);
        forcedTo = covered;
      }
    } catch (IOException e) {
      forceFailure = e;
      throw e;
    } finally {
      forcing.unlock();
    }
  }

  /** Ends a generation: exactly what the records so far say; under no lock. */
  Engine.Cut cut() {
    lock.lock();
    try {
      return new Engine.Cut(
          state.cut(),
          lastRecord,
          journal.position(),
          state.pages.nextId(),
          state.nextEpoch.get(),
          state.nextNumber.get());
    } finally {
      lock.unlock();
    }
  }

  /** Whether blocks went out of use since the last cut. */
  boolean hasFreed() {
    lock.lock();
    try {
      return state.hasFreed();
    } finally {
      lock.unlock();
    }
  }

  /** Whether there is nothing that a commit would store. */
  boolean isClean(long committedTo) {
    lock.lock();
    try {
      return lastRecord == committedTo && state.dirtyUnits() == 0;
    } finally {
      lock.unlock();
    }
  }

  /** Gives the journal's room up to a committed cut back. */
  void committed(Engine.Cut cut) {
    lock.lock();
    try {
      journal.trim(cut.position());
      measure();
    } finally {
      lock.unlock();
    }
  }

  /** The body of the record that is being made; guarded by the lock. */
  private ByteBuffer buffer;

  /**
   * Begins a record of one file. Whoever got here knows that it was there a moment ago; under the
   * lock it is known.
   */
  private void begin(int type, CowFile file, long size, long time, long leafIndex, int moreBytes)
      throws StoreException {
    file.checkPresent();
    buffer = begin(type, FILE_BYTES + moreBytes);
    buffer.putLong(file.id()).putLong(size).putLong(time).putLong(leafIndex);
  }

  /** Begins a record, unless the store takes no more changes; under the lock. */
  ByteBuffer begin(int type, int bodyBytes) throws StoreException {
    engine.health.checkWritable();
    return journal.begin(type, bodyBytes);
  }

  /** What a record does to the state. */
  @FunctionalInterface
  interface Effect {
    void of(long number) throws IOException;
  }

  /**
   * Ends the record that was begun, and has its effect; returns its number. Under the lock.
   *
   * @throws StoreException IO if it stands and its effect does not: no more changes then
   */
  long end(Effect effect) throws StoreException {
    long number = journal.end();
    try {
      effect.of(number);
      appended(number);
    } catch (Throwable e) {
      throw withoutEffect(e);
    }
    return number;
  }

  /**
   * A record stands, and memory is behind it by some of its effect: only opening anew brings them
   * together. Whatever it was, also what no program expects: what the record names must not be
   * given to others now.
   */
  private StoreException withoutEffect(Throwable e) {
    return engine.health.fail("change", e instanceof IOException io ? io : new IOException(e));
  }

  /** Tells of a record that has had its effect; under the lock. */
  private void appended(long number) {
    journal.confirm();
    lastRecord = number;
    measure();
    engine.committer.requestIfDue(number);
  }

  /** Sees how much is used up; under the lock. */
  void measure() {
    engine.journalBound.setUsed(journal.usedBytes());
    engine.changeBound.setUsed(state.dirtyUnits());
  }
}
