package dev.pando.cowstore;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.map.Entry;
import dev.pando.cowstore.map.MapPage;
import dev.pando.cowstore.segment.Block;
import dev.pando.cowstore.segment.Runs;
import java.io.IOException;
import java.util.concurrent.locks.StampedLock;

/**
 * Reserves ranges: every block of them becomes one that only the file can reach, and for which the
 * host has set space aside. What is a hole gets an unwritten block, what is shared a copy. Leaf by
 * leaf, a record each. If space runs out on the way, what the call has reserved is given back.
 */
final class ReservePath {
  private static final int MAX_TRIES = 20;
  private static final int JOURNAL_BYTES = 2 * WritePath.RECORD_BYTES;
  private static final int CHANGE_UNITS = 2 * WritePath.UNITS_PER_LEAF;

  private final Engine engine;

  ReservePath(Engine engine) {
    this.engine = engine;
  }

  /** A range of blocks, by index; {@code end} is the first behind it. */
  private record Blocks(long first, long end) {
    static final Blocks NONE = new Blocks(0, 0);

    boolean contains(long block) {
      return block >= first && block < end;
    }
  }

  void reserve(CowFile file, long offset, long length) throws StoreException {
    Blocks range = check(file, offset, length);
    try {
      reserve(file, range, Blocks.NONE);
    } catch (IOException e) {
      throw Health.translate(e);
    }
  }

  void zero(CowFile file, long offset, long length) throws StoreException {
    Blocks range = check(file, offset, length);
    try {
      long end = offset + length;
      Blocks whole = new Blocks(Block.up(offset) >>> Block.SHIFT, end >>> Block.SHIFT);
      reserve(file, range, whole);
      engine.resizing.zero(file, offset, Math.min(end, whole.first << Block.SHIFT));
      if (whole.end >= whole.first) {
        engine.resizing.zero(file, whole.end << Block.SHIFT, end);
      }
    } catch (IOException e) {
      throw Health.translate(e);
    }
  }

  /** The blocks that a range of bytes touches. */
  private static Blocks check(CowFile file, long offset, long length) throws StoreException {
    if (offset < 0 || length < 0 || offset > CowFile.MAX_BYTES - length) {
      throw new StoreException(Reason.TOO_BIG, "reservation of " + length + " bytes at " + offset);
    }
    file.checkWritable();
    return new Blocks(offset >>> Block.SHIFT, Block.up(offset + length) >>> Block.SHIFT);
  }

  /**
   * Reserves what is not; {@code zeroed} blocks among the range are unwritten afterwards.
   *
   * @throws StoreException FULL; what the call had reserved is a hole again then
   */
  private void reserve(CowFile file, Blocks range, Blocks zeroed) throws IOException {
    keepBlocks(file);
    long wanted = awaitRoom(file, range);
    Account account = file.account;
    if (account == null) {
      reserve(file, range, zeroed, wanted);
      return;
    }
    if (!account.charge(wanted)) {
      throw account.isUsedUp();
    }
    try {
      reserve(file, range, zeroed, wanted);
    } finally {
      account.giveBack(wanted);
    }
  }

  /** Notes that from now on a block of zeros is no reason to give a block back. */
  private void keepBlocks(CowFile file) throws IOException {
    if (file.reserved) {
      return;
    }
    engine.reserve(WritePath.RECORD_BYTES, 1);
    Scratch scratch = engine.scratch();
    long gate = file.gate.enter();
    try {
      file.checkWritable();
      scratch.extents.clear();
      engine.log.reserve(file, 0, scratch.path, scratch.extents, file.dataTime);
    } finally {
      file.gate.leave(gate);
      engine.giveBack(WritePath.RECORD_BYTES, 1);
    }
  }

  private void reserve(CowFile file, Blocks range, Blocks zeroed, long wanted) throws IOException {
    try (Supply supply = new Supply(engine.allocator, file.window, wanted)) {
      try {
        reserveEnd(file, range, supply);
        for (long at = range.first; at < range.end; ) {
          long next = Math.min(range.end, (at / MapPage.ENTRIES + 1) * MapPage.ENTRIES);
          reserveLeaf(file, new Blocks(at, next), zeroed, supply);
          at = next;
        }
      } catch (StoreException e) {
        if (e.reason() == Reason.FULL) {
          takeBack(file, range, supply.taken());
        }
        throw e;
      }
    }
  }

  /** A write past the end fills what is left of the last block with zeros first. */
  private void reserveEnd(CowFile file, Blocks range, Supply supply) throws IOException {
    long size = file.size;
    long block = size >>> Block.SHIFT;
    MapPage leaf = file.map.leaf(block >>> 8);
    if (range.end > block + 1
        && ReadPath.offsetInBlock(size) != 0
        && leaf != null
        && Entry.data(leaf.entry(ReadPath.slot(size))) != 0) {
      reserveLeaf(file, new Blocks(block, block + 1), Blocks.NONE, supply);
    }
  }

  /** Waits until there seems to be room, and returns for how many blocks. */
  private long awaitRoom(CowFile file, Blocks range) throws IOException {
    long least = range.end - range.first - file.map.mappedBlocks();
    if (least > 0
        && !engine.allocator.hasRoomFor(least - engine.committer.usedBlocks(), file.window)) {
      throw full(least); // more than there would be if all else went
    }
    for (int tries = 1; ; tries++) {
      long wanted = countMissing(file, range);
      // a page of the map takes less than a block, and maps 256
      if (wanted == 0
          || engine.allocator.hasRoomFor(wanted + wanted / MapPage.ENTRIES + 1, file.window)) {
        return wanted;
      }
      if (tries >= MAX_TRIES || !engine.committer.awaitFreedSpaceAmongFew()) {
        throw full(wanted);
      }
    }
  }

  private static StoreException full(long blocks) {
    return new StoreException(
        Reason.FULL, "no space to reserve " + (blocks << Block.SHIFT) + " bytes");
  }

  /** Blocks of a range that only this file can reach are there already. */
  private long countMissing(CowFile file, Blocks range) throws IOException {
    long missing = range.end - range.first;
    long endLeaf = (range.end + MapPage.ENTRIES - 1) >>> 8;
    for (long leafIndex = range.first >>> 8; leafIndex < endLeaf; leafIndex++) {
      leafIndex = file.map.nextLeaf(leafIndex, endLeaf);
      if (leafIndex < 0) {
        break;
      }
      MapPage leaf = file.map.leaf(leafIndex);
      for (int slot = 0; leaf != null && file.map.owns(leaf) && slot < MapPage.ENTRIES; slot++) {
        if (range.contains((leafIndex << 8) + slot) && engine.writing.isOwn(leaf.entry(slot))) {
          missing--;
        }
      }
    }
    return missing;
  }

  private void reserveLeaf(CowFile file, Blocks range, Blocks zeroed, Supply supply)
      throws IOException {
    while (!tryLeaf(file, range, zeroed, supply)) {
      engine.resizing.trim(file);
    }
  }

  /**
   * Reserves blocks of one leaf.
   *
   * @return false if the file must be trimmed first
   */
  private boolean tryLeaf(CowFile file, Blocks range, Blocks zeroed, Supply supply)
      throws IOException {
    long leafIndex = range.first >>> 8;
    engine.reserve(JOURNAL_BYTES, CHANGE_UNITS);
    Scratch scratch = engine.scratch();
    engine.epochs.enter(scratch.slot);
    long gate = file.gate.enter();
    file.extending.lock();
    StampedLock lock = engine.leafLocks.of(file.id(), leafIndex);
    long stamp = LeafLocks.take(lock);
    try {
      file.checkWritable();
      if (file.trimsDue != 0) {
        return false; // what is reserved now past the end would be trimmed with the rest
      }
      unshare(file, leafIndex, range, zeroed, supply, scratch);
      mapUnwritten(file, leafIndex, range, zeroed, supply, scratch);
      return true;
    } finally {
      lock.unlockWrite(stamp);
      file.extending.unlock();
      file.gate.leave(gate);
      engine.epochs.leave(scratch.slot);
      engine.giveBack(JOURNAL_BYTES, CHANGE_UNITS);
    }
  }

  /** Gives the file a copy of its own of what it shares; the leaf's lock is held exclusively. */
  private void unshare(
      CowFile file, long leafIndex, Blocks range, Blocks zeroed, Supply supply, Scratch scratch)
      throws IOException {
    file.map.trace(leafIndex, scratch.path);
    MapPage leaf = scratch.path.leaf();
    scratch.extents.clear();
    boolean done = false;
    try {
      for (long block = range.first; leaf != null && block < range.end; block++) {
        int slot = (int) block & (MapPage.ENTRIES - 1);
        long entry = leaf.entry(slot);
        boolean own = file.map.owns(leaf) && engine.writing.isOwn(entry);
        if (!own && Entry.data(entry) != 0 && !zeroed.contains(block)) {
          long run = supply.take(1);
          scratch.extents.add(slot, 1, Runs.address(run));
          engine.filler.readBlock(leaf, slot, scratch);
          engine.segments.place(Runs.address(run), 0, scratch.block, Block.BYTES);
          file.touch(Block.segment(Runs.address(run)));
        }
      }
      if (scratch.extents.size() > 0) {
        long time = file.dataTime;
        while (!engine.log.write(file, leafIndex, scratch.path, scratch.extents, 0, time)) {
          file.map.trace(leafIndex, scratch.path);
        }
      }
      done = true;
    } finally {
      if (!done) {
        engine.writing.putBack(leaf, scratch.extents, true);
      }
    }
  }

  /** Maps unwritten blocks; the leaf's lock is held exclusively. */
  private void mapUnwritten(
      CowFile file, long leafIndex, Blocks range, Blocks zeroed, Supply supply, Scratch scratch)
      throws IOException {
    file.map.trace(leafIndex, scratch.path);
    MapPage leaf = scratch.path.leaf();
    boolean owned = leaf != null && file.map.owns(leaf);
    scratch.extents.clear();
    boolean zeroes = false;
    boolean done = false;
    try {
      for (long block = range.first; block < range.end; ) {
        int slot = (int) block & (MapPage.ENTRIES - 1);
        int count = 1;
        if (owned && engine.writing.isOwn(leaf.entry(slot))) {
          if (zeroed.contains(block) && !Entry.isUnwritten(leaf.entry(slot))) {
            scratch.extents.add(slot, 1, Entry.address(leaf.entry(slot)));
            zeroes = true;
          }
        } else {
          while (block + count < range.end
              && !(owned && engine.writing.isOwn(leaf.entry(slot + count)))) {
            count++;
          }
          long run = supply.take(count);
          count = Runs.count(run);
          scratch.extents.add(slot, count, Runs.address(run));
          file.touch(Block.segment(Runs.address(run)));
          zeroes |= leaf != null && Entry.data(leaf.entry(slot)) != 0;
        }
        block += count;
      }
      if (scratch.extents.size() > 0) {
        long time = zeroes ? WritePath.now() : file.dataTime;
        while (!engine.log.reserve(file, leafIndex, scratch.path, scratch.extents, time)) {
          file.map.trace(leafIndex, scratch.path);
        }
      }
      done = true;
    } finally {
      if (!done) {
        engine.writing.putBack(leaf, scratch.extents, true);
      }
    }
  }

  /** Makes holes again of what a call has reserved and nobody has written to since. */
  private void takeBack(CowFile file, Blocks range, Runs taken) throws IOException {
    taken.sortAndJoin();
    long endLeaf = (range.end + MapPage.ENTRIES - 1) >>> 8;
    long leafIndex = file.map.nextLeaf(range.first >>> 8, endLeaf);
    while (leafIndex >= 0) {
      engine.resizing.unmapUnwritten(file, leafIndex, taken);
      leafIndex = file.map.nextLeaf(leafIndex + 1, endLeaf);
    }
  }
}
