package dev.pando.cowstore;

import dev.pando.cowstore.map.BlockMap;
import dev.pando.cowstore.map.DamagedPageException;
import dev.pando.cowstore.map.Entry;
import dev.pando.cowstore.map.FreedBlocks;
import dev.pando.cowstore.map.MapPage;
import dev.pando.cowstore.map.MapPath;
import dev.pando.cowstore.map.PageTable;
import dev.pando.cowstore.segment.Runs;
import java.io.IOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The state of the store in memory, and the one way in which a journal record changes it: the same
 * code applies a record when it is made and when recovery reads it. Everything here is under the
 * log lock and does no I/O of its own.
 */
final class LiveState implements FreedBlocks {
  final PageTable pages;
  final Records records;
  final Epochs epochs;
  final BeyondFamily beyond;
  final Accounts accounts;
  final AtomicLong nextEpoch = new AtomicLong();
  final AtomicLong nextNumber = new AtomicLong();

  /** Counts freezes, forks and removals, after which more may not be changeable; any thread. */
  volatile long settlings;

  /** Which cut-to-cut span we are in; read by any thread. */
  volatile int generation = 1;

  private Runs allocated = new Runs();
  private Runs freed = new Runs();
  private Runs shared = new Runs();
  private Runs unshared = new Runs();

  /** The mark that is under way, or null. */
  private SweepMark mark;

  private Set<CowFile> files = new HashSet<>();
  private long recordChanges;

  /** Blocks in use that came since the last cut, less those that went; read by any thread. */
  private volatile long growthBlocks;

  LiveState(PageTable pages, Records records, BeyondFamily beyond, Accounts accounts) {
    this.pages = pages;
    this.records = records;
    this.epochs = new Epochs(records, pages.aliases());
    this.beyond = beyond;
    this.accounts = accounts;
  }

  /** What is dirty, in the units of the bound on changes. */
  long dirtyUnits() {
    return (long) pages.dirtyPages() * Engine.UNITS_PER_PAGE + recordChanges + files.size();
  }

  @Override
  public void freed(long address) {
    if (!beyond.contains(address)) {
      freed.add(address, 1);
      grow(-1);
    }
  }

  long growthBlocks() {
    return growthBlocks;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer, the holder of the log lock
  private void grow(long blocks) {
    growthBlocks += blocks;
  }

  /**
   * Maps blocks that only the file can reach. Those that it had at the same place already stay in
   * use, the others come into use.
   *
   * <p>Address 0 makes holes.
   *
   * @param mark {@link Entry#PRIVATE}, with {@link Entry#UNWRITTEN} for reserved blocks
   */
  void mapExtents(CowFile file, long leafIndex, MapPath path, Extents extents, long mark) {
    if (extents.size() == 0) {
      return;
    }
    MapPage leaf = file.map.own(leafIndex, path);
    for (int i = 0; i < extents.size(); i++) {
      if (extents.address(i) == 0) {
        file.map.unmap(leaf, extents.slot(i), extents.count(i), this);
        continue;
      }
      comeIntoUse(leaf, extents.slot(i), extents.address(i), extents.count(i));
      file.map.map(leaf, extents.slot(i), extents.address(i), extents.count(i), mark, this);
    }
  }

  private void comeIntoUse(MapPage leaf, int slot, long address, int count) {
    int come = 0;
    for (int i = 0; i < count; i++) {
      if (Entry.address(leaf.entry(slot + i)) != address + i) {
        allocated.add(address + i, 1);
        come++;
        // a bit that was set for what the loss of power has taken back
        unshare(address + i);
      }
    }
    grow(come);
  }

  /** Maps blocks of another file, and notes that they are shared beyond the family. */
  void shareExtents(CowFile file, long leafIndex, MapPath path, Extents extents) {
    MapPage leaf = file.map.own(leafIndex, path);
    for (int i = 0; i < extents.size(); i++) {
      if (extents.address(i) == 0) {
        file.map.unmap(leaf, extents.slot(i), extents.count(i), this);
      } else {
        file.map.map(leaf, extents.slot(i), extents.address(i), extents.count(i), 0, this);
      }
    }
  }

  /** Sets the bits of shared extents: also for records that do not count otherwise. */
  void setBeyond(Extents extents) {
    for (int i = 0; i < extents.size(); i++) {
      if (extents.address(i) != 0) {
        beyond.add(extents.address(i), extents.count(i));
        shared.add(extents.address(i), extents.count(i));
        if (mark != null) {
          mark.touch(extents.address(i), extents.count(i));
        }
      }
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer, the holder of the log lock
  void settled() {
    settlings++;
  }

  private boolean unshare(long address) {
    if (mark != null) {
      mark.touch(address, 1);
    }
    boolean was = beyond.remove(address);
    if (was) {
      unshared.add(address, 1);
    }
    return was;
  }

  /** From now on what comes to refer to a block is noted in this mark; null: no more. */
  void mark(SweepMark newMark) {
    mark = newMark;
    pages.observeCopies(newMark == null ? null : newMark::touch);
  }

  /** Frees blocks beyond their family that nothing refers to, and forgets aliases. */
  void sweep(Runs runs, long[] aliases) {
    runs.forEach(
        (address, count) -> {
          for (int i = 0; i < count; i++) {
            if (unshare(address + i)) {
              freed(address + i);
            }
          }
        });
    epochs.forget(aliases);
    recordChanges += aliases.length;
  }

  /**
   * Points entries of a leaf that the file owns at equal blocks. What stood there is free, unless
   * forks of the file may have it too: then it is beyond its family.
   */
  void repoint(CowFile file, long leafIndex, MapPath path, Extents extents) throws IOException {
    if (epochs.get(file.map.epoch()).living() > 1 && path.leaf() != null) {
      Extents replaced = new Extents();
      for (int i = 0; i < extents.size(); i++) {
        for (int slot = extents.slot(i); slot < extents.slot(i) + extents.count(i); slot++) {
          replaced.add(slot, 1, Entry.address(path.leaf().entry(slot)));
        }
      }
      setBeyond(replaced);
    }
    shareExtents(file, leafIndex, path, extents);
  }

  /** Makes entries of a leaf holes. */
  void unmap(CowFile file, long leafIndex, MapPath path, int slot, int count) {
    if (path.leaf() == null) {
      return;
    }
    if (count == MapPage.ENTRIES) {
      file.map.dropLeaf(leafIndex, path, this);
    } else {
      file.map.unmap(file.map.own(leafIndex, path), slot, count, this);
    }
  }

  /** Sets size and time, and notes that the file is dirty. */
  void touch(CowFile file, long size, long time, long record) {
    file.size = size;
    file.dataTime = Math.max(file.dataTime, time);
    file.recordedTime = time;
    file.lastRecord = record;
    hold(file);
  }

  /** Holds on to a file until the generation is committed. */
  void hold(CowFile file) {
    file.count();
    if (file.heldBy != generation) {
      file.heldBy = generation;
      files.add(file);
    }
  }

  void put(byte[] key, byte[] value) {
    records.put(key, value);
    recordChanges += 1 + value.length / 1024;
  }

  void remove(byte[] key) {
    records.remove(key);
    recordChanges++;
  }

  /** Frees what a dead epoch held. */
  void reclaimed(long[] removedPages, Runs runs) {
    for (long page : removedPages) {
      pages.remove(page);
    }
    runs.forEach(
        (address, count) -> {
          for (int i = 0; i < count; i++) {
            freed(address + i);
          }
        });
  }

  /** The only child of an epoch becomes one with it, by a record of this number. */
  void join(long epoch, long number, FileTable files) throws IOException {
    epochs.changeable(epoch, number);
    Epochs.Epoch parent = epochs.get(epoch);
    Epochs.Epoch child = epochs.join(epoch);
    if (child.bearer() != 0) {
      CowFile file = files.get(child.bearer());
      file.map.join(epoch, parent.privateBlocks());
      hold(file);
    }
  }

  /** The map of whoever bears an epoch, or of what it was when it was borne last. */
  BlockMap mapOf(long epoch, FileTable files) throws IOException {
    Epochs.Epoch now = epochs.get(epoch);
    if (now.bearer() != 0) {
      return files.get(now.bearer()).map;
    }
    MapPage root = now.root() == 0 ? null : pages.load(now.root());
    if (now.root() != 0 && root == null) {
      throw new DamagedPageException("the root of epoch " + epoch + " is missing");
    }
    return new BlockMap(pages, root, epoch, 0, now.privateBlocks(), now.unwrittenBlocks());
  }

  /** Brings a leaf of what the epoch was before its child was joined to it into its map. */
  void joinLeaf(long epoch, BlockMap map, MapPath path, MapPage before, FileTable files)
      throws IOException {
    map.joinLeaf(before, path, this);
    Epochs.Epoch now = epochs.get(epoch);
    if (now.bearer() != 0) {
      hold(files.get(now.bearer()));
    } else {
      epochs.put(epoch, now.withCounts(map.privateBlocks(), map.unwrittenBlocks()));
      recordChanges++;
    }
  }

  /** Frees the reserved blocks of a leaf of an epoch that nobody bears. */
  void strip(long epoch, MapPage leaf) throws IOException {
    int stripped = BlockMap.strip(pages, leaf, this);
    Epochs.Epoch now = epochs.get(epoch);
    epochs.put(
        epoch, now.withCounts(now.privateBlocks() - stripped, now.unwrittenBlocks() - stripped));
    recordChanges++;
  }

  /** Whether blocks went out of use since the last cut. */
  boolean hasFreed() {
    return freed.size() > 0;
  }

  /**
   * What a generation changed.
   *
   * @param pages map pages, in the state of the cut
   * @param records records by key
   * @param allocated blocks that came into use
   * @param freed blocks that went out of use
   * @param shared blocks that went beyond their family
   * @param unshared blocks that were beyond their family before, and are not
   * @param files held until the commit is durable
   * @param growthBlocks by how much the used space grew
   */
  record Cut(
      PageTable.Cut pages,
      Map<byte[], byte[]> records,
      Runs allocated,
      Runs freed,
      Runs shared,
      Runs unshared,
      Set<CowFile> files,
      long growthBlocks) {}

  /** Ends the generation. */
  Cut cut() {
    for (CowFile file : files) {
      if (!file.removed) {
        file.count();
        records.put(FileRecord.key(file.id()), file.record().encode());
      }
    }
    accounts.store();
    Cut cut =
        new Cut(
            pages.cut(), records.cut(), allocated, freed, shared, unshared, files, growthBlocks);
    allocated = new Runs();
    freed = new Runs();
    shared = new Runs();
    unshared = new Runs();
    files = new HashSet<>();
    recordChanges = 0;
    growthBlocks = 0;
    nextGeneration();
    return cut;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer, the holder of the log lock
  private void nextGeneration() {
    generation++;
  }
}
