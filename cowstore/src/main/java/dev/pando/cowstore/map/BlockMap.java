package dev.pando.cowstore.map;

import java.io.IOException;

/**
 * The block map of one file: which block of the store holds each 4 KiB of it.
 *
 * <p>Look-ups ({@link #leaf}, {@link #trace}) take no lock and may load pages. Changes are made
 * under the log lock, do no I/O, and are made to pages the file owns: {@link #own} copies the ones
 * it does not, from the root down, so that a leaf that is owned has owned pages above it. Ownership
 * is an epoch: a page is the file's if it bears the file's epoch.
 */
public final class BlockMap {
  /** Leaves that the deepest tree can hold. */
  public static final long MAX_LEAVES = 1L << (MapPage.BITS * (MapPage.MAX_LEVELS - 1));

  private static final int MAX_RETRIES = 10_000;
  private static final long NO_LEAF = -1;
  private static final long LOOK_AGAIN = -2;

  private final PageTable table;

  /** Changed under the log lock. */
  private volatile MapPage root;

  /** Changed under the log lock, with the gate of the file closed. */
  private volatile long epoch;

  /** Blocks the map refers to; changed under the log lock. */
  private volatile long mappedBlocks;

  /** Entries with a private mark that counts; changed under the log lock. */
  private volatile long privateBlocks;

  /** Entries among those that are reserved and not written; changed under the log lock. */
  private volatile long unwrittenBlocks;

  /** A map as the catalog has it; {@code root} is null for an empty one. */
  public BlockMap(
      PageTable table,
      MapPage root,
      long epoch,
      long mappedBlocks,
      long privateBlocks,
      long unwrittenBlocks) {
    this.table = table;
    this.root = root;
    this.epoch = epoch;
    this.mappedBlocks = mappedBlocks;
    this.privateBlocks = privateBlocks;
    this.unwrittenBlocks = unwrittenBlocks;
  }

  public long epoch() {
    return epoch;
  }

  /** The id of the root page; 0 for an empty map. */
  public long rootId() {
    MapPage top = root;
    return top == null ? 0 : top.id;
  }

  /** How many leaves the root page covers, whether they are there or not. */
  public long leavesBelowRoot() {
    MapPage top = root;
    return top == null ? 0 : 1L << (MapPage.BITS * top.level);
  }

  public long mappedBlocks() {
    return mappedBlocks;
  }

  public long privateBlocks() {
    return privateBlocks;
  }

  public long unwrittenBlocks() {
    return unwrittenBlocks;
  }

  /** Whether the file may change this page in place and its marks count. */
  public boolean owns(MapPage page) {
    return table.isOf(page, epoch);
  }

  /** Whether the file owns any page: owned pages stand below owned pages only. */
  public boolean ownsAny() {
    MapPage top = root;
    return top != null && owns(top);
  }

  /** The leaf with this index, or null if all of it is a hole. */
  public MapPage leaf(long leafIndex) throws IOException {
    for (int tries = 0; tries < MAX_RETRIES; tries++) {
      MapPage page = root;
      if (page == null || leafIndex >>> (MapPage.BITS * page.level) != 0) {
        return null;
      }
      while (page != null && page.level > 0) {
        page = table.below(page, slot(leafIndex, page.level));
      }
      if (page != PageTable.GONE) {
        return page;
      }
    }
    throw missing(leafIndex);
  }

  private static DamagedPageException missing(long leafIndex) {
    return new DamagedPageException("leaf " + leafIndex + ": a page on its path is missing");
  }

  /**
   * The first leaf with an index of at least {@code from} and below {@code to} that exists, or -1.
   */
  public long nextLeaf(long from, long to) throws IOException {
    for (int tries = 0; tries < MAX_RETRIES; tries++) {
      MapPage top = root;
      long found = top == null ? NO_LEAF : nextLeaf(top, 0, from, to);
      if (found != LOOK_AGAIN) {
        return found;
      }
    }
    throw missing(from);
  }

  private long nextLeaf(MapPage page, long first, long from, long to) throws IOException {
    if (page == PageTable.GONE) {
      return LOOK_AGAIN;
    }
    if (page.level == 0) {
      return first >= from && first < to ? first : NO_LEAF;
    }
    int shift = MapPage.BITS * (page.level - 1);
    for (int slot = 0; slot < MapPage.ENTRIES; slot++) {
      long begin = first + ((long) slot << shift);
      if (begin >= to) {
        return NO_LEAF;
      }
      if (begin + (1L << shift) <= from) {
        continue;
      }
      MapPage child = table.below(page, slot);
      long found = child == null ? NO_LEAF : nextLeaf(child, begin, from, to);
      if (found != NO_LEAF) {
        return found;
      }
    }
    return NO_LEAF;
  }

  /** Loads the pages on the way to a leaf, for a change. */
  public void trace(long leafIndex, MapPath path) throws IOException {
    for (int tries = 0; tries < MAX_RETRIES; tries++) {
      path.clear();
      MapPage page = root;
      path.root = page;
      if (page == null || leafIndex >>> (MapPage.BITS * page.level) != 0) {
        return;
      }
      path.pages[page.level] = page;
      while (page.level > 0) {
        MapPage child = table.below(page, slot(leafIndex, page.level));
        if (child == null) {
          return;
        }
        if (child == PageTable.GONE) {
          break;
        }
        path.pages[child.level] = child;
        page = child;
      }
      if (page.level == 0) {
        return;
      }
    }
    throw missing(leafIndex);
  }

  /** Whether a traced path is still the way; under the log lock. */
  public boolean isCurrent(long leafIndex, MapPath path) {
    if (path.root != root) {
      return false;
    }
    if (root == null || leafIndex >>> (MapPage.BITS * root.level) != 0) {
      return true;
    }
    for (int level = root.level; level > 0 && path.pages[level] != null; level--) {
      MapPage child = path.pages[level - 1];
      long entry = path.pages[level].entry(slot(leafIndex, level));
      if (entry != (child == null ? Entry.NONE : child.id)) {
        return false;
      }
    }
    return true;
  }

  /**
   * The leaf, owned and ready to be changed: missing pages are made, foreign ones copied. Under the
   * log lock, with a path that is current.
   */
  public MapPage own(long leafIndex, MapPath path) {
    MapPage page = ownRoot(leafIndex);
    while (page.level > 0) {
      page = ownBelow(page, slot(leafIndex, page.level), path.pages[page.level - 1]);
    }
    return page;
  }

  private MapPage ownRoot(long leafIndex) {
    int level = 0;
    while (leafIndex >>> (MapPage.BITS * level) != 0) {
      level++;
    }
    MapPage top = root;
    if (top == null) {
      top = table.create(level, epoch);
    }
    while (top.level < level) {
      MapPage above = table.create(top.level + 1, epoch);
      above.set(0, top.id);
      above.remember(0, top);
      top = above;
    }
    if (!owns(top)) {
      top = table.copy(top, epoch);
    }
    table.prepare(top);
    root = top;
    return top;
  }

  private MapPage ownBelow(MapPage parent, int slot, MapPage child) {
    MapPage owned = child;
    if (child == null || parent.entry(slot) == Entry.NONE) {
      owned = table.create(parent.level - 1, epoch);
    } else if (!owns(child)) {
      owned = table.copy(child, epoch);
    }
    table.prepare(owned);
    if (owned != child) {
      table.prepare(parent);
      parent.remember(slot, owned);
      parent.set(slot, owned.id);
    }
    return owned;
  }

  /**
   * Maps {@code count} blocks from {@code slot} of an owned leaf on to consecutive addresses.
   *
   * @param mark {@link Entry#PRIVATE}, with {@link Entry#UNWRITTEN} for reserved blocks, or 0 for
   *     blocks that something else may reach too
   */
  public void map(MapPage leaf, int slot, long address, int count, long mark, FreedBlocks freed) {
    long newlyMapped = 0;
    long newlyPrivate = 0;
    long newlyUnwritten = 0;
    for (int i = 0; i < count; i++) {
      long old = leaf.entry(slot + i);
      if (old == Entry.NONE) {
        newlyMapped++;
      }
      if (Entry.isPrivate(old)) {
        newlyPrivate--;
        if (Entry.address(old) != address + i) {
          freed.freed(Entry.address(old));
        }
      }
      if (Entry.isUnwritten(old)) {
        newlyUnwritten--;
      }
      leaf.set(slot + i, (address + i) | mark);
    }
    newlyPrivate += Entry.isPrivate(mark) ? count : 0;
    newlyUnwritten += Entry.isUnwritten(mark) ? count : 0;
    count(newlyMapped, newlyPrivate, newlyUnwritten);
  }

  /** Makes {@code count} entries of an owned leaf holes. */
  public void unmap(MapPage leaf, int slot, int count, FreedBlocks freed) {
    long unmapped = 0;
    long unmarked = 0;
    long unreserved = 0;
    for (int i = slot; i < slot + count; i++) {
      long old = leaf.entry(i);
      if (old == Entry.NONE) {
        continue;
      }
      unmapped++;
      leaf.set(i, Entry.NONE);
      unreserved += Entry.isUnwritten(old) ? 1 : 0;
      if (Entry.isPrivate(old)) {
        unmarked++;
        freed.freed(Entry.address(old));
      }
    }
    count(-unmapped, -unmarked, -unreserved);
  }

  /** Drops a whole leaf. Under the log lock, with a path that is current. */
  public void dropLeaf(long leafIndex, MapPath path, FreedBlocks freed) {
    MapPage leaf = path.leaf();
    if (leaf == null) {
      return;
    }
    if (owns(leaf)) {
      table.prepare(leaf);
      unmap(leaf, 0, MapPage.ENTRIES, freed);
      table.remove(leaf.id);
    } else {
      long mapped = 0;
      for (int slot = 0; slot < MapPage.ENTRIES; slot++) {
        mapped += Entry.data(leaf.entry(slot)) == 0 ? 0 : 1;
      }
      count(-mapped, 0, 0);
    }
    if (root == leaf) {
      root = null;
      return;
    }
    MapPage page = ownRoot(leafIndex);
    while (page.level > 1) {
      page = ownBelow(page, slot(leafIndex, page.level), path.pages[page.level - 1]);
    }
    table.prepare(page);
    page.set(slot(leafIndex, 1), Entry.NONE);
  }

  /** Makes this map refer to what {@code source} refers to; under the log lock, gates closed. */
  public void share(BlockMap source) {
    root = source.root;
    mappedBlocks = source.mappedBlocks - source.unwrittenBlocks;
    privateBlocks = 0;
    unwrittenBlocks = 0;
  }

  /**
   * Gives the file a new epoch: it owns none of its pages any more, and what was reserved is holes;
   * under the log lock.
   */
  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer, the holder of the log lock
  public void disown(long newEpoch) {
    epoch = newEpoch;
    mappedBlocks -= unwrittenBlocks;
    privateBlocks = 0;
    unwrittenBlocks = 0;
  }

  /**
   * The epoch that this map bore became one with its parent, whose pages the file owns from now on
   * too; under the log lock, with the gate of the file closed.
   *
   * @param joinedPrivate marks in the parent's pages, which hold no reserved blocks
   */
  public void join(long parent, long joinedPrivate) {
    epoch = parent;
    count(0, joinedPrivate, 0);
  }

  /**
   * Brings what is left of a leaf that this map had before, and that its epoch owns, into the map:
   * what the leaf that took its place still refers to gets the mark there, the rest is free, and so
   * is the page. Under the log lock, with a path that is current.
   */
  public void joinLeaf(MapPage before, MapPath path, FreedBlocks freed) {
    MapPage leaf = path.leaf();
    long gone = 0;
    for (int slot = 0; slot < MapPage.ENTRIES; slot++) {
      long old = before.entry(slot);
      if (!Entry.isPrivate(old)) {
        continue;
      }
      long now = leaf == null ? Entry.NONE : leaf.entry(slot);
      if (Entry.address(now) == Entry.address(old)) {
        table.prepare(leaf);
        leaf.set(slot, now | Entry.PRIVATE);
      } else {
        gone++;
        freed.freed(Entry.address(old));
      }
    }
    table.remove(before.id);
    count(0, -gone, 0);
  }

  /**
   * Makes holes of the reserved blocks of a leaf that no file owns, in which they are holes to
   * everybody already; returns how many there were. Under the log lock.
   */
  public static int strip(PageTable table, MapPage leaf, FreedBlocks freed) {
    int stripped = 0;
    for (int slot = 0; slot < MapPage.ENTRIES; slot++) {
      long entry = leaf.entry(slot);
      if (Entry.isUnwritten(entry)) {
        table.prepare(leaf);
        leaf.set(slot, Entry.NONE);
        freed.freed(Entry.address(entry));
        stripped++;
      }
    }
    return stripped;
  }

  /** The page of a level on the way to a leaf, or null if there is none. */
  public MapPage page(int level, long leafIndex) throws IOException {
    for (int tries = 0; tries < MAX_RETRIES; tries++) {
      MapPage page = root;
      if (page == null || leafIndex >>> (MapPage.BITS * page.level) != 0) {
        return null;
      }
      while (page != null && page.level > level) {
        page = table.below(page, slot(leafIndex, page.level));
      }
      if (page != PageTable.GONE) {
        return page != null && page.level == level ? page : null;
      }
    }
    throw missing(leafIndex);
  }

  /** Volatile for its readers; there is one writer at a time, the holder of the log lock. */
  @SuppressWarnings("NonAtomicVolatileUpdate")
  private void count(long mapped, long marked, long unwritten) {
    mappedBlocks += mapped;
    privateBlocks += marked;
    unwrittenBlocks += unwritten;
  }

  private static int slot(long leafIndex, int level) {
    return (int) (leafIndex >>> (MapPage.BITS * (level - 1))) & (MapPage.ENTRIES - 1);
  }
}
