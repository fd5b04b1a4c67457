package dev.pando.cowstore;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.WritePath.Outcome;
import dev.pando.cowstore.io.HostException;
import dev.pando.cowstore.io.LibC;
import dev.pando.cowstore.map.BlockMap;
import dev.pando.cowstore.map.Entry;
import dev.pando.cowstore.map.MapPage;
import dev.pando.cowstore.segment.Block;
import dev.pando.cowstore.segment.Runs;
import java.io.IOException;
import java.util.concurrent.locks.StampedLock;

/**
 * Makes holes, and makes files longer and shorter. Long ranges are several records, leaf by leaf. A
 * file that shrinks gets its new size first, with a copy in place of the block that is cut, so that
 * until this is durable the old content stands untouched; then what is past the end is unmapped,
 * which must be finished before it grows again.
 */
final class ResizePath {
  private final Engine engine;

  ResizePath(Engine engine) {
    this.engine = engine;
  }

  void unmap(CowFile file, long offset, long length) throws StoreException {
    if (offset < 0 || length < 0 || offset > CowFile.MAX_BYTES - length) {
      throw new StoreException(Reason.TOO_BIG, "hole of " + length + " bytes at " + offset);
    }
    file.checkWritable();
    try {
      long end = offset + length;
      long firstBlock = Block.up(offset) >>> Block.SHIFT;
      long endBlock = end >>> Block.SHIFT;
      zero(file, offset, Math.min(end, firstBlock << Block.SHIFT));
      unmapBlocks(file, firstBlock, endBlock);
      if (endBlock >= firstBlock && !unmapLast(file, endBlock, end)) {
        zero(file, endBlock << Block.SHIFT, end);
      }
    } catch (IOException e) {
      throw Health.translate(e);
    }
  }

  /**
   * Unmaps the block that the file ends in if it ends at {@code end} at the latest; returns whether
   * it did.
   */
  private boolean unmapLast(CowFile file, long block, long end) throws IOException {
    engine.reserve(WritePath.RECORD_BYTES, WritePath.UNITS_PER_LEAF);
    Scratch scratch = engine.scratch();
    engine.epochs.enter(scratch.slot);
    long gate = file.gate.enter();
    file.extending.lock(); // what is appended now would go with the block
    StampedLock lock = engine.leafLocks.of(file.id(), block >>> 8);
    long stamp = LeafLocks.take(lock);
    try {
      file.checkWritable();
      if (file.size > end || file.size <= block << Block.SHIFT) {
        return false;
      }
      unmapLocked(file, block >>> 8, (int) block & MapPage.ENTRIES - 1, 1, scratch);
      return true;
    } finally {
      lock.unlockWrite(stamp);
      file.extending.unlock();
      file.gate.leave(gate);
      engine.epochs.leave(scratch.slot);
      engine.giveBack(WritePath.RECORD_BYTES, WritePath.UNITS_PER_LEAF);
    }
  }

  /** Writes zeros into part of one block, as far as the file reaches, unless it reads as zeros. */
  void zero(CowFile file, long from, long to) throws IOException {
    if (from >= to) {
      return;
    }
    MapPage leaf = file.map.leaf(from >>> ReadPath.LEAF_SHIFT);
    if (leaf != null && Entry.data(leaf.entry(ReadPath.slot(from))) != 0) {
      engine.writing.zero(file, from, to);
    }
  }

  private void unmapBlocks(CowFile file, long firstBlock, long endBlock) throws IOException {
    long endLeaf = (endBlock + MapPage.ENTRIES - 1) >>> 8;
    long leafIndex = firstBlock >>> 8;
    while (firstBlock < endBlock) {
      leafIndex = file.map.nextLeaf(leafIndex, endLeaf);
      if (leafIndex < 0) {
        return;
      }
      long leafFirst = leafIndex << 8;
      int slot = (int) Math.max(0, firstBlock - leafFirst);
      int endSlot = (int) Math.min(MapPage.ENTRIES, endBlock - leafFirst);
      unmapLeaf(file, leafIndex, slot, endSlot - slot);
      leafIndex++;
    }
  }

  private void unmapLeaf(CowFile file, long leafIndex, int slot, int count) throws IOException {
    engine.reserve(WritePath.RECORD_BYTES, WritePath.UNITS_PER_LEAF);
    Scratch scratch = engine.scratch();
    engine.epochs.enter(scratch.slot);
    long gate = file.gate.enter();
    StampedLock lock = engine.leafLocks.of(file.id(), leafIndex);
    long stamp = LeafLocks.take(lock);
    try {
      file.checkWritable();
      unmapLocked(file, leafIndex, slot, count, scratch);
    } finally {
      lock.unlockWrite(stamp);
      file.gate.leave(gate);
      engine.epochs.leave(scratch.slot);
      engine.giveBack(WritePath.RECORD_BYTES, WritePath.UNITS_PER_LEAF);
    }
  }

  /** Makes entries of a leaf holes; gate and leaf lock are held. */
  private void unmapLocked(CowFile file, long leafIndex, int slot, int count, Scratch scratch)
      throws IOException {
    long now = WritePath.now();
    do {
      file.map.trace(leafIndex, scratch.path);
      MapPage leaf = scratch.path.leaf();
      if (leaf == null || isHole(leaf, slot, count)) {
        return;
      }
    } while (!engine.log.unmap(file, leafIndex, scratch.path, slot, count, now));
  }

  /** Makes holes of those blocks of a leaf that are reserved, not written, and among these. */
  void unmapUnwritten(CowFile file, long leafIndex, Runs runs) throws IOException {
    int slot = 0;
    while (slot < MapPage.ENTRIES) {
      slot = unmapFirstUnwritten(file, leafIndex, slot, runs);
    }
  }

  /** Unmaps the first run of such blocks from {@code slot} on, and returns where it ended. */
  private int unmapFirstUnwritten(CowFile file, long leafIndex, int slot, Runs runs)
      throws IOException {
    engine.reserve(WritePath.RECORD_BYTES, WritePath.UNITS_PER_LEAF);
    Scratch scratch = engine.scratch();
    engine.epochs.enter(scratch.slot);
    long gate = file.gate.enter();
    StampedLock lock = engine.leafLocks.of(file.id(), leafIndex);
    long stamp = LeafLocks.take(lock);
    try {
      file.map.trace(leafIndex, scratch.path);
      MapPage leaf = scratch.path.leaf();
      if (leaf == null || file.removed || !file.map.owns(leaf)) {
        return MapPage.ENTRIES;
      }
      int from = slot;
      while (from < MapPage.ENTRIES && !isUnwritten(leaf.entry(from), runs)) {
        from++;
      }
      int to = from;
      while (to < MapPage.ENTRIES && isUnwritten(leaf.entry(to), runs)) {
        to++;
      }
      if (from < to) {
        while (!engine.log.unmap(file, leafIndex, scratch.path, from, to - from, file.dataTime)) {
          file.map.trace(leafIndex, scratch.path);
        }
      }
      return to;
    } finally {
      lock.unlockWrite(stamp);
      file.gate.leave(gate);
      engine.epochs.leave(scratch.slot);
      engine.giveBack(WritePath.RECORD_BYTES, WritePath.UNITS_PER_LEAF);
    }
  }

  private static boolean isUnwritten(long entry, Runs runs) {
    return Entry.isUnwritten(entry) && runs.contains(Entry.address(entry));
  }

  private static boolean isHole(MapPage leaf, int slot, int count) {
    for (int i = slot; i < slot + count; i++) {
      if (leaf.entry(i) != Entry.NONE) {
        return false;
      }
    }
    return true;
  }

  void resize(CowFile file, long newSize) throws StoreException {
    if (newSize < 0 || newSize > CowFile.MAX_BYTES) {
      throw new StoreException(Reason.TOO_BIG, "size " + newSize);
    }
    try {
      Outcome outcome = attempt(file, newSize);
      for (int tries = 1; outcome != Outcome.DONE; tries++) {
        engine.writing.prepare(file, outcome, tries);
        outcome = attempt(file, newSize);
      }
      if (file.trimsDue != 0) {
        trim(file);
      }
    } catch (IOException e) {
      throw Health.translate(e);
    }
  }

  private Outcome attempt(CowFile file, long newSize) throws IOException {
    engine.reserve(2 * WritePath.RECORD_BYTES, 2 * WritePath.UNITS_PER_LEAF);
    Scratch scratch = engine.scratch();
    engine.epochs.enter(scratch.slot);
    long gate = file.gate.close();
    try {
      file.checkWritable();
      if (newSize < file.size) {
        return shrink(file, newSize, scratch);
      }
      if (newSize > file.size && file.trimsDue != 0) {
        return Outcome.TRIM_FIRST;
      }
      if (engine.writing.awaitsThaw(file)) {
        return Outcome.COMMIT_FIRST;
      }
      return grow(file, newSize, scratch);
    } catch (HostException e) {
      return WritePath.refused(e);
    } finally {
      file.gate.open(gate);
      engine.epochs.leave(scratch.slot);
      engine.giveBack(2 * WritePath.RECORD_BYTES, 2 * WritePath.UNITS_PER_LEAF);
    }
  }

  private Outcome grow(CowFile file, long newSize, Scratch scratch) throws IOException {
    file.extending.lock();
    try {
      if (!engine.writing.fillLastBlock(file, newSize, scratch)) {
        return Outcome.NO_SPACE;
      }
      scratch.extents.clear();
      engine.log.write(file, 0, scratch.path, scratch.extents, newSize, WritePath.now());
      return Outcome.DONE;
    } finally {
      file.extending.unlock();
    }
  }

  /** Sets a smaller size; the gate is closed. */
  private Outcome shrink(CowFile file, long newSize, Scratch scratch) throws IOException {
    long leafIndex = newSize >>> ReadPath.LEAF_SHIFT;
    int slot = ReadPath.slot(newSize);
    int kept = ReadPath.offsetInBlock(newSize);
    scratch.extents.clear();
    file.map.trace(leafIndex, scratch.path);
    MapPage leaf = scratch.path.leaf();
    if (kept != 0 && leaf != null && Entry.data(leaf.entry(slot)) != 0) {
      long run = engine.allocator.allocate(file.window, 1);
      if (run < 0) {
        return Outcome.NO_SPACE;
      }
      scratch.extents.add(slot, 1, Runs.address(run));
      boolean written = false;
      try {
        engine.filler.readBlock(leaf, slot, scratch);
        LibC.CALLS.memset(scratch.block + kept, 0, Block.BYTES - kept);
        engine.segments.place(Runs.address(run), 0, scratch.block, Block.BYTES);
        file.touch(Block.segment(Runs.address(run)));
        written = true;
      } finally {
        if (!written) {
          engine.writing.putBack(leaf, scratch.extents, false);
        }
      }
    }
    if (!engine.log.shrink(
        file, newSize, WritePath.now(), leafIndex, scratch.path, scratch.extents)) {
      throw new IllegalStateException("the map changed behind a closed gate");
    }
    return Outcome.DONE;
  }

  /**
   * Unmaps what lies past the end of a file that shrank. As long as this is due nothing makes the
   * file longer, so the end can only move down meanwhile.
   */
  void trim(CowFile file) throws StoreException {
    file.trimming.lock();
    try {
      int due = file.trimsDue;
      if (due == 0) {
        return;
      }
      long firstBlock = Block.up(file.size) >>> Block.SHIFT;
      unmapBlocks(file, firstBlock, BlockMap.MAX_LEAVES << 8);
      engine.reserve(WritePath.RECORD_BYTES, WritePath.UNITS_PER_LEAF);
      try {
        engine.log.trimmed(file, due);
      } finally {
        engine.giveBack(WritePath.RECORD_BYTES, WritePath.UNITS_PER_LEAF);
      }
    } catch (IOException e) {
      throw Health.translate(e);
    } finally {
      file.trimming.unlock();
    }
  }
}
