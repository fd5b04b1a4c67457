package dev.pando.daemon.tree;

import dev.pando.cowstore.CowFile;
import java.util.ArrayList;
import java.util.List;

/**
 * The one live object of an inode.
 *
 * <p>Concurrency: {@link #record} is replaced only under the tree's write lock and read by anyone,
 * without a lock. Who has the inode open is guarded by its monitor; opening also takes the tree's
 * read lock, so that whoever holds the write lock can rely on what {@link #isOpen} and {@link
 * #writers} say, but for closes.
 */
final class Inode {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final long NANOS_PER_MILLI = 1_000_000L;
  private static final long DAY_MILLIS = 24L * 60 * 60 * 1000;
  private static final int SECTOR_BYTES = 512;
  private static final int DIRECTORY_SIZE_BYTES = 4096;

  private final long number;

  /** The data of a regular file; null for all else. */
  private final CowFile file;

  /** Null once the inode is gone. */
  private volatile InodeRecord record;

  /**
   * What is left to tell of a directory that a command removed, to whoever is still in it; null for
   * all else.
   */
  private volatile InodeRecord remains;

  /**
   * The time of access: newer than the record's if it was read since. It goes into the record with
   * the next change or at the last close; what a crash takes of it is no loss.
   */
  private volatile long accessNanos;

  /** Whether a change of the inode may not be durable yet; a hint that errs towards yes. */
  private volatile boolean changedSinceSync = true;

  /** How many opens there are; guarded by this. */
  private int openCount;

  /** What every opener gets as long as one is there; guarded by this. */
  private boolean direct;

  /** Whether {@link #direct} stands although nobody has it open yet; guarded by this. */
  private boolean isDirectDecided;

  /** Who has it open for writing, one for each open; guarded by this. */
  private final List<Opener> writers = new ArrayList<>(0);

  /**
   * The processes that have it open for reading, if it is an image, one for each open; guarded by
   * this.
   */
  private final List<Integer> readers = new ArrayList<>(0);

  Inode(long number, InodeRecord record, CowFile file) {
    this.number = number;
    this.record = record;
    this.file = file;
    this.accessNanos = record.accessNanos();
  }

  long number() {
    return number;
  }

  CowFile file() {
    return file;
  }

  /** What is known of it, ESTALE if it is gone. */
  InodeRecord record() throws ErrnoException {
    InodeRecord current = record;
    if (current == null) {
      throw new ErrnoException(Errno.ESTALE);
    }
    return current;
  }

  /** The record with the times of the last change of data and of the last access in it. */
  InodeRecord foldedRecord() throws ErrnoException {
    InodeRecord current = record().accessedAt(accessNanos);
    return file == null ? current : current.withDataTime(file.dataTimeNanos());
  }

  /**
   * It was read: moves the time of access if that is no later than the last change or older than a
   * day, as the kernel's relatime does. Nothing of a template moves.
   *
   * @return whether the time of access is not the record's any more
   */
  boolean accessed() {
    InodeRecord current = record;
    if (current == null || current.isFrozen()) {
      return false;
    }
    long access = accessNanos;
    long nowMillis = System.currentTimeMillis();
    if (access <= lastChangeNanos(current) || access / NANOS_PER_MILLI < nowMillis - DAY_MILLIS) {
      accessNanos = Timestamps.now();
    }
    return accessNanos != current.accessNanos();
  }

  private long lastChangeNanos(InodeRecord current) {
    long nanos = Math.max(current.modifyNanos(), current.changeNanos());
    return file == null ? nanos : Math.max(nanos, file.dataTimeNanos());
  }

  boolean isGone() {
    return record == null;
  }

  /** Under the tree's write lock, before its end: what it was can still be asked for. */
  void leaveRemains() {
    if (record.isDirectory()) {
      remains = record.withLinkCount(0);
    }
  }

  boolean isRemovedDirectory() {
    return remains != null;
  }

  /** Under the tree's write lock: from now on the inode is {@code changed}, or gone if null. */
  void publish(InodeRecord changed) {
    record = changed;
    if (changed != null) {
      accessNanos = changed.accessNanos();
    }
    changedSinceSync = true;
  }

  /** Whether something of it changed since the last call. */
  boolean takeChangedSinceSync() {
    boolean changed = changedSinceSync;
    changedSinceSync = false;
    return changed;
  }

  /** A sync failed: what it was to make durable may not be. */
  void syncFailed() {
    changedSinceSync = true;
  }

  /** Who has it open was told whether it is direct; what it is now does not count. */
  synchronized void decideDirect(boolean told) {
    if (openCount == 0) {
      direct = told;
      isDirectDecided = true;
    }
  }

  /**
   * Counts an open. Returns whether direct.
   *
   * @param writer null if it is for reading only
   * @param reader the process that opened it for reading only, 0 for none
   */
  synchronized boolean opened(boolean image, Opener writer, int reader) {
    if (openCount == 0 && !isDirectDecided) {
      direct = image;
    }
    isDirectDecided = false;
    openCount++;
    if (writer != null) {
      writers.add(writer);
    } else if (image && reader > 0) {
      readers.add(reader);
    }
    return direct;
  }

  /** Counts a close; returns whether it was the last. Arguments as of {@link #opened}. */
  synchronized boolean closed(Opener writer, int reader) {
    if (writer != null) {
      writers.remove(writer);
    } else {
      readers.remove((Integer) reader);
    }
    openCount--;
    return openCount == 0;
  }

  synchronized boolean isOpen() {
    return openCount > 0;
  }

  synchronized List<Opener> writers() {
    return List.copyOf(writers);
  }

  synchronized List<Integer> readers() {
    return List.copyOf(readers);
  }

  /**
   * Fills {@code out}, also for a directory that is gone; takes no lock and allocates nothing.
   *
   * @throws ErrnoException ESTALE if it is gone and was none
   */
  void fill(Attributes out) throws ErrnoException {
    InodeRecord present = record;
    InodeRecord r = present == null ? remains : present;
    if (r == null) {
      throw new ErrnoException(Errno.ESTALE);
    }
    out.node = number;
    out.mode = r.mode();
    out.linkCount = r.linkCount();
    out.userId = r.userId();
    out.groupId = r.groupId();
    out.device = r.device();
    long modifyNanos = r.modifyNanos();
    long changeNanos = r.changeNanos();
    if (file != null) {
      out.sizeBytes = file.sizeBytes();
      out.sectors = file.mappedBytes() / SECTOR_BYTES;
      long dataNanos = file.dataTimeNanos();
      if (dataNanos > changeNanos) {
        modifyNanos = dataNanos;
        changeNanos = dataNanos;
      }
    } else {
      out.sizeBytes = r.isDirectory() ? DIRECTORY_SIZE_BYTES : r.text().length;
      out.sectors = 0;
    }
    long access = accessNanos;
    out.accessSeconds = Math.floorDiv(access, NANOS_PER_SECOND);
    out.accessNanos = (int) Math.floorMod(access, NANOS_PER_SECOND);
    out.modifySeconds = Math.floorDiv(modifyNanos, NANOS_PER_SECOND);
    out.modifyNanos = (int) Math.floorMod(modifyNanos, NANOS_PER_SECOND);
    out.changeSeconds = Math.floorDiv(changeNanos, NANOS_PER_SECOND);
    out.changeNanos = (int) Math.floorMod(changeNanos, NANOS_PER_SECOND);
    out.birthSeconds = Math.floorDiv(r.birthNanos(), NANOS_PER_SECOND);
    out.birthNanos = (int) Math.floorMod(r.birthNanos(), NANOS_PER_SECOND);
  }
}
