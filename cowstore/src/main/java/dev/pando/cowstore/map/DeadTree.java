package dev.pando.cowstore.map;

import dev.pando.cowstore.segment.Runs;
import java.io.IOException;
import java.util.Arrays;

/**
 * Walks the pages of an epoch that no file bears any more, leaves before what stands above them, so
 * that a walk that was broken off can begin anew at the root: what has gone is passed over. Pages
 * of an epoch stand below pages of the same epoch only.
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

  public DeadTree(PageTable table, long epoch) {
    this.table = table;
    this.epoch = epoch;
  }

  /** Walks from {@code page}, which may be null; the last batch is left for the caller. */
  public void walk(MapPage page, Batch batch) throws IOException {
    if (page == null || page == PageTable.GONE || !table.isOf(page, epoch)) {
      return;
    }
    for (int slot = 0; slot < MapPage.ENTRIES; slot++) {
      long entry = page.entry(slot);
      if (entry == Entry.NONE) {
        continue;
      }
      if (page.level > 0) {
        walk(table.below(page, slot), batch);
      } else if (Entry.isPrivate(entry)) {
        runs.add(Entry.address(entry), 1);
      }
    }
    pages[count++] = page.id;
    if (count == BATCH_PAGES || runs.size() > BATCH_RUNS) {
      batch.free(pages(), runs);
      runs.clear();
      count = 0;
    }
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
