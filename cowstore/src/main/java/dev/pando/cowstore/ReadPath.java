package dev.pando.cowstore;

import dev.pando.cowstore.io.LibC;
import dev.pando.cowstore.map.BlockMap;
import dev.pando.cowstore.map.Entry;
import dev.pando.cowstore.map.MapPage;
import dev.pando.cowstore.segment.Block;
import dev.pando.cowstore.segment.Runs;
import java.io.IOException;

/** Reads files: looks up extents and moves them from the segments to native memory. */
final class ReadPath {
  static final int LEAF_SHIFT = Block.SHIFT + 8;
  static final int LEAF_BYTES = 1 << LEAF_SHIFT;

  /** How far a search for the next leaf goes in one request: 64 GiB; a power of two. */
  private static final long LEAVES_AT_A_TIME = 1 << 16;

  private final Engine engine;

  ReadPath(Engine engine) {
    this.engine = engine;
  }

  int read(CowFile file, long offset, long address, int length) throws StoreException {
    Scratch scratch = engine.scratch();
    engine.epochs.enter(scratch.slot);
    try {
      engine.health.checkOpen();
      file.checkPresent();
      long size = file.size;
      if (offset < 0 || offset >= size || length <= 0) {
        return 0;
      }
      int count = (int) Math.min(length, size - offset);
      readBytes(file.map, offset, address, count);
      return count;
    } catch (IOException e) {
      throw Health.translate(e);
    } finally {
      engine.epochs.leave(scratch.slot);
    }
  }

  private void readBytes(BlockMap map, long offset, long address, int length) throws IOException {
    long at = offset;
    long end = offset + length;
    while (at < end) {
      long leafEnd = Math.min(end, ((at >>> LEAF_SHIFT) + 1) << LEAF_SHIFT);
      MapPage leaf = map.leaf(at >>> LEAF_SHIFT);
      if (leaf == null) {
        LibC.CALLS.memset(address + (at - offset), 0, leafEnd - at);
        at = leafEnd;
      }
      while (at < leafEnd) {
        int slot = slot(at);
        long run = run(leaf, slot, slot(leafEnd - 1));
        long runEnd = Math.min(leafEnd, ((at >>> Block.SHIFT) + Runs.count(run)) << Block.SHIFT);
        long block = Runs.address(run);
        long memory = address + (at - offset);
        if (block == 0) {
          LibC.CALLS.memset(memory, 0, runEnd - at);
        } else {
          engine.segments.read(block, offsetInBlock(at), memory, (int) (runEnd - at));
        }
        at = runEnd;
      }
    }
  }

  /**
   * The extent that begins in {@code slot} and goes no further than {@code last}, as {@link
   * Runs#pack} packs it; with the address 0 if it reads as zeros.
   *
   * <p>Every entry is loaded once: beside a writer a second look may see another block, and the
   * length that was found does not hold for that one.
   */
  static long run(MapPage leaf, int slot, int last) {
    long first = Entry.data(leaf.entry(slot));
    int count = 1;
    while (slot + count <= last && follows(first, count, leaf.entry(slot + count))) {
      count++;
    }
    return Runs.pack(first, count);
  }

  /** Whether an entry goes on, after {@code count} blocks, where {@code first} began. */
  static boolean follows(long first, int count, long entry) {
    long address = Entry.data(entry);
    return first == 0 ? address == 0 : address == first + count && Block.inSegment(address) != 0;
  }

  static int slot(long offset) {
    return (int) (offset >>> Block.SHIFT) & (MapPage.ENTRIES - 1);
  }

  static int offsetInBlock(long offset) {
    return (int) offset & (Block.BYTES - 1);
  }

  long seekData(CowFile file, long offset) throws StoreException {
    Scratch scratch = engine.scratch();
    engine.epochs.enter(scratch.slot);
    try {
      engine.health.checkOpen();
      file.checkPresent();
      long size = file.size;
      long last = (size - 1) >>> LEAF_SHIFT;
      long at = offset;
      while (at >= 0 && at < size) {
        long part = Math.min(last, at >>> LEAF_SHIFT | LEAVES_AT_A_TIME - 1) + 1;
        long leafIndex = file.map.nextLeaf(at >>> LEAF_SHIFT, part);
        if (leafIndex < 0) {
          at = part << LEAF_SHIFT;
          beginAnew(file, scratch);
          continue;
        }
        at = Math.max(at, leafIndex << LEAF_SHIFT);
        MapPage leaf = file.map.leaf(leafIndex);
        for (int slot = slot(at); leaf != null && slot < MapPage.ENTRIES; slot++) {
          if (Entry.data(leaf.entry(slot)) != 0) {
            long found = (leafIndex << LEAF_SHIFT) + ((long) slot << Block.SHIFT);
            return found >= size ? -1 : Math.max(at, found);
          }
        }
        at = (leafIndex + 1) << LEAF_SHIFT;
        beginAnew(file, scratch);
      }
      return -1;
    } catch (IOException e) {
      throw Health.translate(e);
    } finally {
      engine.epochs.leave(scratch.slot);
    }
  }

  /**
   * Ends the request and begins another: a walk over a large map must not hold back the blocks that
   * others free.
   */
  private void beginAnew(CowFile file, Scratch scratch) throws StoreException {
    engine.epochs.leave(scratch.slot);
    engine.epochs.enter(scratch.slot);
    engine.health.checkOpen();
    file.checkPresent();
  }

  long seekHole(CowFile file, long offset) throws StoreException {
    Scratch scratch = engine.scratch();
    engine.epochs.enter(scratch.slot);
    try {
      engine.health.checkOpen();
      file.checkPresent();
      long size = file.size;
      if (offset < 0 || offset >= size) {
        return -1;
      }
      long at = offset;
      while (at < size) {
        MapPage leaf = file.map.leaf(at >>> LEAF_SHIFT);
        if (leaf == null) {
          return at;
        }
        for (int slot = slot(at); slot < MapPage.ENTRIES; slot++) {
          long begin = (at >>> LEAF_SHIFT << LEAF_SHIFT) + ((long) slot << Block.SHIFT);
          if (Entry.data(leaf.entry(slot)) == 0) {
            return Math.min(size, Math.max(at, begin));
          }
        }
        at = ((at >>> LEAF_SHIFT) + 1) << LEAF_SHIFT;
        beginAnew(file, scratch);
      }
      return size;
    } catch (IOException e) {
      throw Health.translate(e);
    } finally {
      engine.epochs.leave(scratch.slot);
    }
  }

  void extents(CowFile file, ExtentVisitor visitor) throws StoreException {
    engine.using.readLock().lock();
    try {
      engine.health.checkOpen();
      file.checkPresent();
      long leaves = Math.max(0, (file.size + LEAF_BYTES - 1) >>> LEAF_SHIFT);
      long leafIndex = file.map.nextLeaf(0, leaves);
      while (leafIndex >= 0) {
        engine.health.checkOpen();
        MapPage leaf = file.map.leaf(leafIndex);
        for (int slot = 0; leaf != null && slot < MapPage.ENTRIES; ) {
          long run = run(leaf, slot, MapPage.ENTRIES - 1);
          if (Runs.address(run) != 0) {
            visitor.extent(
                (leafIndex << LEAF_SHIFT) + ((long) slot << Block.SHIFT),
                Runs.address(run) << Block.SHIFT,
                (long) Runs.count(run) << Block.SHIFT);
          }
          slot += Runs.count(run);
        }
        leafIndex = leafIndex + 1 < leaves ? file.map.nextLeaf(leafIndex + 1, leaves) : -1;
      }
    } catch (IOException e) {
      throw Health.translate(e);
    } finally {
      engine.using.readLock().unlock();
    }
  }
}
