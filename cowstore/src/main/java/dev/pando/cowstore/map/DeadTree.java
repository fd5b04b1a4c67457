package dev.pando.cowstore.map;

import dev.pando.cowstore.segment.Runs;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;

/**
 * Walks the pages of an epoch that no file bears any more, leaves before what stands above them, so
 * that a walk that was broken off can begin anew at the root: what has gone is passed over. Pages
 * of an epoch stand below pages of the same epoch only. Those above a damaged page stay.
 */
public final class DeadTree {
  /** Pages in one batch. */
  private static final int BATCH_PAGES = 256;

  /** Runs in one batch. */
  private static final int BATCH_RUNS = 4096;

  /** Takes the pages and blocks that are free to go. */
  @FunctionalInterface
  public interface Batch {
    /** Takes one batch; the arguments are the walk's own and are used again. */
    void free(long[] pages, Runs runs) throws IOException;
  }

  private final PageTable table;
  private final long epoch;
  private final Runs runs = new Runs();
  private long[] pages = new long[BATCH_PAGES];
  private int count;
  private DamagedPageException damage;

  public DeadTree(PageTable table, long epoch) {
    this.table = table;
    this.epoch = epoch;
  }

  /** Walks from the page with this id, if it is there; the last batch is left for the caller. */
  public void walk(long root, Batch batch) throws IOException {
    try {
      walk(table.load(root), batch);
    } catch (DamagedPageException e) {
      damage = e; // of the root: what is below it is caught there
    }
  }

  /** Returns whether all of it can go. */
  private boolean walk(MapPage page, Batch batch) throws IOException {
    if (page == null || page == PageTable.GONE || !table.isOf(page, epoch)) {
      return true;
    }
    boolean whole = true;
    for (int slot = 0; slot < MapPage.ENTRIES; slot++) {
      long entry = page.entry(slot);
      if (entry == Entry.NONE) {
        continue;
      }
      if (page.level > 0) {
        whole &= walkBelow(page, slot, batch);
      } else if (Entry.isPrivate(entry)) {
        runs.add(Entry.address(entry), 1);
      }
    }
    if (!whole) {
      return false;
    }
    pages[count++] = page.id;
    if (count == BATCH_PAGES || runs.size() > BATCH_RUNS) {
      batch.free(pages(), runs);
      runs.clear();
      count = 0;
    }
    return true;
  }

  private boolean walkBelow(MapPage page, int slot, Batch batch) throws IOException {
    MapPage below;
    try {
      below = table.below(page, slot);
    } catch (DamagedPageException e) {
      damage = e;
      return false;
    }
    return walk(below, batch);
  }

  /** What is damaged of the tree, which is there still; empty if all of it can go. */
  public Optional<DamagedPageException> damage() {
    return Optional.ofNullable(damage);
  }

  /** Pages of the last batch. */
  public long[] pages() {
    return Arrays.copyOf(pages, count);
  }

  /** Blocks of the last batch. */
  public Runs runs() {
    return runs;
  }
}
