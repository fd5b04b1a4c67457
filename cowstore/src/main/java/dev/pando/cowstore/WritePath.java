package dev.pando.cowstore;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.io.HostException;
import dev.pando.cowstore.journal.Journal;
import dev.pando.cowstore.map.Entry;
import dev.pando.cowstore.map.MapPage;
import dev.pando.cowstore.segment.Allocator;
import dev.pando.cowstore.segment.Block;
import dev.pando.cowstore.segment.Runs;
import java.io.IOException;
import java.util.concurrent.locks.StampedLock;

/**
 * Writes files. A block that only the file can reach is overwritten where it is, under the leaf's
 * lock held shared; anything else goes to reserved or newly allocated blocks, under the lock held
 * exclusively: first the data, then the record that makes the mapping visible.
 */
final class WritePath {
  /** A request of 1 MiB touches two leaves, and the block that was last may have to be filled. */
  private static final int LEAVES_PER_WRITE = 3;

  static final int RECORD_BYTES =
      Journal.recordBytes(4 * Long.BYTES + Integer.BYTES + MapPage.ENTRIES * Extents.BYTES);

  /** A leaf, the pages above it, and the file. */
  static final int UNITS_PER_LEAF = 6 * Engine.UNITS_PER_PAGE;

  private static final int JOURNAL_BYTES = LEAVES_PER_WRITE * RECORD_BYTES;
  private static final int CHANGE_UNITS = LEAVES_PER_WRITE * UNITS_PER_LEAF;
  private static final int MAX_TRIES = 20;
  private static final long TIME_RECORD_NANOS = 1_000_000_000L;

  /** How an attempt to write or to resize ended. */
  enum Outcome {
    DONE,
    NO_SPACE,
    HOST_FULL,
    TRIM_FIRST,
    COMMIT_FIRST
  }

  private final Engine engine;

  WritePath(Engine engine) {
    this.engine = engine;
  }

  /**
   * Now, in steps of 4 ms like the clock of the host's file systems: an fsync has no new time to
   * make durable, and one flush less to wait for, if the last was a moment ago.
   */
  static long now() {
    return (System.currentTimeMillis() & -4) * 1_000_000L;
  }

  /** Who waits for space that is on its way back. */
  private enum Wait {
    CALLER,

    /** The caller, unless some do already: {@link Committer#awaitFreedSpaceAmongFew}. */
    CALLER_AMONG_FEW,
    NOBODY
  }

  void write(CowFile file, long offset, long address, int length) throws StoreException {
    write(file, offset, address, length, Wait.CALLER);
  }

  /** The same for a request that can not be put off. */
  void writeAmongFew(CowFile file, long offset, long address, int length) throws StoreException {
    write(file, offset, address, length, Wait.CALLER_AMONG_FEW);
  }

  /**
   * The same, but does not wait for space.
   *
   * @return false if there is none now, and some may come back; a part may have been written
   */
  boolean writeNow(CowFile file, long offset, long address, int length) throws StoreException {
    return write(file, offset, address, length, Wait.NOBODY);
  }

  private boolean write(CowFile file, long offset, long address, int length, Wait wait)
      throws StoreException {
    if (length <= 0) {
      return true;
    }
    if (offset < 0 || length > CowFile.MAX_WRITE_BYTES || offset > CowFile.MAX_BYTES - length) {
      throw new StoreException(Reason.TOO_BIG, "write of " + length + " bytes at " + offset);
    }
    return write(file, offset, address, length, true, wait);
  }

  /** Writes zeros over part of one block, as far as the file reaches: it does not become longer. */
  void zero(CowFile file, long from, long to) throws StoreException {
    write(file, from, Zeros.ADDRESS, (int) (to - from), false, Wait.CALLER_AMONG_FEW);
  }

  private boolean write(
      CowFile file, long offset, long address, int length, boolean grows, Wait wait)
      throws StoreException {
    Outcome outcome = attempt(file, offset, address, length, grows);
    for (int tries = 1; outcome != Outcome.DONE; tries++) {
      if (outcome == Outcome.NO_SPACE && wait == Wait.NOBODY && engine.committer.mayFreeSpace()) {
        return false;
      }
      prepare(file, outcome, tries, wait);
      outcome = attempt(file, offset, address, length, grows);
    }
    return true;
  }

  /** Does what the next attempt needs, for a request that can not be put off. */
  void prepare(CowFile file, Outcome outcome, int tries) throws StoreException {
    prepare(file, outcome, tries, Wait.CALLER_AMONG_FEW);
  }

  private void prepare(CowFile file, Outcome outcome, int tries, Wait wait) throws StoreException {
    switch (outcome) {
      case TRIM_FIRST -> engine.resizing.trim(file);
      case COMMIT_FIRST -> engine.committer.commitThrough(file.thawedBy);
      case HOST_FULL -> {
        if (tries >= MAX_TRIES) {
          throw noSpace(file);
        }
        hostWasFull(file);
      }
      case NO_SPACE -> {
        if (tries >= MAX_TRIES || !awaitSpace(wait)) {
          throw noSpace(file);
        }
      }
      case DONE -> throw new IllegalArgumentException("nothing is to be done again");
    }
  }

  private boolean awaitSpace(Wait wait) throws StoreException {
    return switch (wait) {
      case CALLER -> engine.committer.awaitFreedSpace();
      case CALLER_AMONG_FEW -> engine.committer.awaitFreedSpaceAmongFew();
      case NOBODY -> false;
    };
  }

  private void hostWasFull(CowFile file) throws StoreException {
    try {
      engine.allocator.hostWasFull(file.window);
    } catch (IOException e) {
      throw Health.translate(e);
    }
  }

  private static StoreException noSpace(CowFile file) {
    return new StoreException(Reason.FULL, "no space to write to file " + file.id());
  }

  /** The host had no room for a new block, though it seemed to: another may be had without. */
  static Outcome refused(HostException e) throws HostException {
    if (e.isDiskFull()) {
      return Outcome.HOST_FULL;
    }
    throw e;
  }

  /**
   * Whether blocks of the file are to stay as they are until a commit: the loss of power could take
   * the thaw back, and the file would be frozen with what was written after it.
   */
  boolean awaitsThaw(CowFile file) {
    return file.thawedBy > engine.committer.committedTo();
  }

  /**
   * Attempts a write.
   *
   * @param grows whether it makes the file longer; or else it ends where the file ends, which no
   *     other can bring nearer meanwhile
   */
  private Outcome attempt(CowFile file, long offset, long address, int length, boolean grows)
      throws StoreException {
    engine.reserve(JOURNAL_BYTES, CHANGE_UNITS);
    Scratch scratch = engine.scratch();
    engine.epochs.enter(scratch.slot);
    long stamp = file.gate.enter();
    try {
      return attemptInside(file, offset, address, length, grows, scratch);
    } catch (IOException e) {
      throw Health.translate(e);
    } finally {
      file.gate.leave(stamp);
      engine.epochs.leave(scratch.slot);
      engine.giveBack(JOURNAL_BYTES, CHANGE_UNITS);
    }
  }

  private Outcome attemptInside(
      CowFile file, long offset, long address, int length, boolean grows, Scratch scratch)
      throws IOException {
    try {
      file.checkWritable();
      if (awaitsThaw(file)) {
        return Outcome.COMMIT_FIRST;
      }
      long size = file.size;
      if (offset + length <= size) {
        return writeLeaves(file, offset, address, length, scratch);
      }
      if (!grows) {
        int within = (int) Math.max(0, size - offset);
        return writeLeaves(file, offset, address, within, scratch);
      }
      file.extending.lock();
      try {
        if (file.trimsDue != 0) {
          return Outcome.TRIM_FIRST;
        }
        if (!fillLastBlock(file, offset, scratch)) {
          return Outcome.NO_SPACE;
        }
        return writeLeaves(file, offset, address, length, scratch);
      } finally {
        file.extending.unlock();
      }
    } catch (HostException e) {
      return refused(e);
    }
  }

  /**
   * Before a file grows past its last block: what lies in that block behind the end is not known to
   * be zero. The extend lock is held, and nothing is due to be trimmed.
   *
   * @return false if there was no space
   */
  boolean fillLastBlock(CowFile file, long newOffset, Scratch scratch) throws IOException {
    long size = file.size;
    int used = ReadPath.offsetInBlock(size);
    if (used == 0 || newOffset <= size) {
      return true;
    }
    MapPage leaf = file.map.leaf(size >>> ReadPath.LEAF_SHIFT);
    if (leaf == null || Entry.data(leaf.entry(ReadPath.slot(size))) == 0) {
      return true;
    }
    int length = (int) Math.min(Block.BYTES - used, newOffset - size);
    return writeLeaf(file, size, Zeros.ADDRESS, length, scratch, 0);
  }

  /** Makes a file at least this long, so that a range copy can go on from there. */
  void extendTo(CowFile file, long size) throws StoreException {
    if (file.trimsDue != 0) {
      engine.resizing.trim(file);
    }
    if (file.size < size) {
      engine.resizing.resize(file, size);
    }
  }

  private Outcome writeLeaves(CowFile file, long offset, long address, int length, Scratch scratch)
      throws IOException {
    long end = offset + length;
    for (long at = offset; at < end; ) {
      long pieceEnd = Math.min(end, ((at >>> ReadPath.LEAF_SHIFT) + 1) << ReadPath.LEAF_SHIFT);
      long memory = address + (at - offset);
      if (!writeLeaf(file, at, memory, (int) (pieceEnd - at), scratch, pieceEnd)) {
        return Outcome.NO_SPACE;
      }
      at = pieceEnd;
    }
    return Outcome.DONE;
  }

  /**
   * Writes within one leaf.
   *
   * @param newSize what the size becomes if it is smaller now
   * @return false if there was no space
   */
  private boolean writeLeaf(
      CowFile file, long at, long memory, int length, Scratch scratch, long newSize)
      throws IOException {
    long leafIndex = at >>> ReadPath.LEAF_SHIFT;
    StampedLock lock = engine.leafLocks.of(file.id(), leafIndex);
    long stamp = LeafLocks.share(lock);
    try {
      MapPage leaf = file.map.leaf(leafIndex);
      int last = ReadPath.slot(at + length - 1);
      if (leaf != null
          && file.map.owns(leaf)
          && inPlace(leaf, ReadPath.slot(at), last) > last - ReadPath.slot(at)
          && !ZeroBlocks.anyToFree(file, leafIndex, at, memory, length)) {
        overwrite(file, leaf, at, memory, length);
        wroteInPlace(file, leafIndex, scratch, newSize);
        return true;
      }
    } finally {
      lock.unlockRead(stamp);
    }
    stamp = LeafLocks.take(lock);
    try {
      return writeMixed(file, at, memory, length, scratch, newSize);
    } finally {
      lock.unlockWrite(stamp);
    }
  }

  /** How many entries from {@code slot} to {@code last} may be overwritten in an owned leaf. */
  private int inPlace(MapPage leaf, int slot, int last) {
    int count = 0;
    while (slot + count <= last && isInPlace(leaf.entry(slot + count))) {
      count++;
    }
    return count;
  }

  /** Whether an entry of an owned leaf may be overwritten where it is. */
  private boolean isInPlace(long entry) {
    return isOwn(entry) && !Entry.isUnwritten(entry);
  }

  /** Whether an entry of an owned leaf is a block, written or not, that only the file can reach. */
  boolean isOwn(long entry) {
    return Entry.isPrivate(entry) && !engine.state.beyond.contains(Entry.address(entry));
  }

  /**
   * Overwrites blocks that only the file can reach. What lies behind the end so far was undefined,
   * so a commit must not make the file longer before it is durable.
   */
  private void overwrite(CowFile file, MapPage leaf, long offset, long memory, int length)
      throws IOException {
    long end = offset + length;
    for (long at = offset; at < end; ) {
      int slot = ReadPath.slot(at);
      long run = ReadPath.run(leaf, slot, ReadPath.slot(end - 1));
      long runEnd = Math.min(end, ((at >>> Block.SHIFT) + Runs.count(run)) << Block.SHIFT);
      long block = Runs.address(run);
      int from = ReadPath.offsetInBlock(at);
      if (runEnd > file.size) {
        engine.segments.place(block, from, memory + (at - offset), (int) (runEnd - at));
      } else {
        engine.segments.write(block, from, memory + (at - offset), (int) (runEnd - at));
      }
      file.touch(Block.segment(block));
      at = runEnd;
    }
  }

  /** After a write in place: a record only for a new size, or a time that is long not recorded. */
  private void wroteInPlace(CowFile file, long leafIndex, Scratch scratch, long newSize)
      throws StoreException {
    long now = now();
    if (newSize > file.size || now - file.recordedTime > TIME_RECORD_NANOS) {
      scratch.extents.clear();
      engine.log.write(file, leafIndex, scratch.path, scratch.extents, newSize, now);
      return;
    }
    file.dataTime = now;
    if (file.heldBy != engine.state.generation) {
      engine.log.hold(file);
    }
  }

  /** Writes where some blocks at least need a new place; the leaf's lock is held exclusively. */
  private boolean writeMixed(
      CowFile file, long at, long memory, int length, Scratch scratch, long newSize)
      throws IOException {
    Account account = file.account;
    scratch.charged = 0;
    try {
      return writeMixed(file, account, at, memory, length, scratch, newSize);
    } finally {
      if (account != null) {
        account.giveBack(scratch.charged);
      }
    }
  }

  private boolean writeMixed(
      CowFile file,
      Account account,
      long at,
      long memory,
      int length,
      Scratch scratch,
      long newSize)
      throws IOException {
    long leafIndex = at >>> ReadPath.LEAF_SHIFT;
    long leafStart = leafIndex << ReadPath.LEAF_SHIFT;
    Extents extents = scratch.extents;
    extents.clear();
    file.map.trace(leafIndex, scratch.path);
    MapPage leaf = scratch.path.leaf();
    boolean owned = leaf != null && file.map.owns(leaf);
    int last = ReadPath.slot(at + length - 1);
    boolean done = false;
    boolean written = false;
    try {
      for (int slot = ReadPath.slot(at); slot <= last; ) {
        long blockStart = leafStart + ((long) slot << Block.SHIFT);
        boolean zero = ZeroBlocks.covers(slot, leafStart, at, memory, length);
        int count = owned && !(zero && !file.reserved) ? inPlace(leaf, slot, last) : 0;
        if (count > 0 && !file.reserved) {
          count = ZeroBlocks.blocksBefore(slot, count, leafStart, at, memory, length);
        }
        if (count > 0) {
          long from = Math.max(at, blockStart);
          long to = Math.min(at + length, blockStart + ((long) count << Block.SHIFT));
          overwrite(file, leaf, from, memory + (from - at), (int) (to - from));
        } else if (zero) {
          count = 1;
          // what is a hole, or reserved, reads as zeros already
          if (leaf != null && Entry.data(leaf.entry(slot)) != 0) {
            extents.add(slot, 1, 0);
          }
        } else {
          int lastData = slot;
          while (lastData < last
              && !ZeroBlocks.covers(lastData + 1, leafStart, at, memory, length)) {
            lastData++;
          }
          long run = place(file, account, leaf, owned, slot, lastData, scratch);
          if (run < 0) {
            written = true;
            return false;
          }
          count = Runs.count(run);
          extents.add(slot, count, Runs.address(run));
          engine.filler.writeNew(
              leaf, slot, Runs.address(run), count, blockStart, at, memory, length, scratch);
          file.touch(Block.segment(Runs.address(run)));
        }
        slot += count;
      }
      record(file, leafIndex, scratch, newSize);
      done = true;
    } finally {
      if (!done) {
        putBack(leaf, extents, written);
      }
    }
    return true;
  }

  /** The blocks that take what is written from {@code slot} on, as {@link Allocator#allocate}. */
  private long place(
      CowFile file,
      Account account,
      MapPage leaf,
      boolean owned,
      int slot,
      int last,
      Scratch scratch)
      throws IOException {
    int count = 1;
    if (owned && Entry.isUnwritten(leaf.entry(slot))) {
      long address = Entry.address(leaf.entry(slot));
      while (slot + count <= last
          && Entry.isUnwritten(leaf.entry(slot + count))
          && Entry.address(leaf.entry(slot + count)) == address + count
          && Block.inSegment(address + count) != 0) {
        count++;
      }
      return Runs.pack(address, count);
    }
    while (slot + count <= last && !(owned && isOwn(leaf.entry(slot + count)))) {
      count++;
    }
    long run = engine.allocator.allocate(file.window, count);
    if (account != null && run >= 0) {
      int more = 0;
      for (int i = 0; i < Runs.count(run); i++) {
        more += owned && Entry.isPrivate(leaf.entry(slot + i)) ? 0 : 1;
      }
      if (!account.charge(more)) {
        engine.allocator.putBack(Runs.address(run), Runs.count(run));
        throw account.isUsedUp();
      }
      scratch.charged += more;
    }
    return run;
  }

  private void record(CowFile file, long leafIndex, Scratch scratch, long newSize)
      throws IOException {
    long now = now();
    while (!engine.log.write(file, leafIndex, scratch.path, scratch.extents, newSize, now)) {
      file.map.trace(leafIndex, scratch.path);
    }
  }

  /**
   * Gives back blocks that no record has made part of the file: those its leaf does not have. Where
   * a record stands without its effect the leaf does not tell, so that nothing is given back once
   * the store has failed: others could write to it what the next opening finds in this file.
   *
   * @param written whether all of them were written, or set aside by the host; else the last may be
   *     in part
   */
  void putBack(MapPage leaf, Extents extents, boolean written) throws IOException {
    if (!engine.health.isSound()) {
      extents.clear();
      return;
    }
    for (int i = 0; i < extents.size(); i++) {
      boolean inPart = !written && i == extents.size() - 1;
      for (int block = 0; block < extents.count(i); block++) {
        long address = extents.address(i) + block;
        boolean isNew =
            leaf == null || Entry.address(leaf.entry(extents.slot(i) + block)) != address;
        if (extents.address(i) == 0 || !isNew) {
          continue;
        }
        if (inPart) {
          engine.allocator.giveUp(address, 1);
        } else {
          engine.allocator.release(address, 1);
        }
      }
    }
    extents.clear();
  }
}
