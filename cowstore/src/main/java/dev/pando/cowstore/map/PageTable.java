package dev.pando.cowstore.map;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.pando.cowstore.catalog.Catalog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * The one live instance of every map page in memory.
 *
 * <p>How it works. {@code live} interns pages weakly: as long as anyone holds a page, every look-up
 * of its id gives that instance, so a change made to it is seen by all. {@code recent} holds on to
 * the pages used lately, bounded by their number. A dirty page is held by the list of its
 * generation until it is committed, and goes into {@code recent} before it leaves that list; so a
 * page is loaded only when the catalog has its newest state.
 */
public final class PageTable {
  /**
   * Stands for a page that an entry names and that is gone. Whoever meets it looks again from the
   * root: the entry has changed since, or else the page is missing.
   */
  static final MapPage GONE = new MapPage(0, 0, 0);

  private final Catalog catalog;
  private final Cache<Long, MapPage> live = Caffeine.newBuilder().weakValues().build();
  private final Cache<Long, MapPage> recent;
  private final EpochAliases aliases = new EpochAliases();

  /** Guarded by the log lock. */
  private List<MapPage> dirty = new ArrayList<>();

  /** Guarded by the log lock. */
  private List<Long> removed = new ArrayList<>();

  /**
   * Removed pages that the catalog may still have. Whoever goes on with what a process that died
   * had begun must not find them, or what they held would be freed twice.
   */
  private final Set<Long> gone = ConcurrentHashMap.newKeySet();

  /** Guarded by the log lock. */
  private int generation = 1;

  /** Page ids end here: an entry has 40 bits for one. */
  private static final long LIMIT = 1L << 40;

  /** So many pages before the end no new change begins: more than all that are under way make. */
  private static final long KEPT = 1L << 20;

  /** Changed under the log lock. */
  private volatile long nextId;

  /** Sees every leaf that is copied, or null; guarded by the log lock. */
  private Consumer<MapPage> copies;

  /**
   * @param nextId the first page id that was never used
   * @param recentPages how many clean pages to hold on to, 2.2 KiB of heap each
   */
  public PageTable(Catalog catalog, long nextId, int recentPages) {
    this.catalog = catalog;
    this.nextId = nextId;
    this.recent = Caffeine.newBuilder().maximumSize(recentPages).build();
  }

  /** The page with this id, or null if it has been removed. */
  public MapPage load(long id) throws IOException {
    MapPage page = peek(id);
    if (page != null) {
      recent.put(id, page);
    }
    return page;
  }

  private MapPage read(Long id) {
    try {
      return catalog.page(id, image -> MapPage.decode(id, image));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As {@link #load}, for who looks at many pages once: it is not held on to. */
  public MapPage peek(long id) throws IOException {
    if (gone.contains(id)) {
      return null;
    }
    try {
      return live.get(id, this::read);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** The page below {@code slot} of {@code parent}: null if there is none, or {@link #GONE}. */
  MapPage below(MapPage parent, int slot) throws IOException {
    long id = parent.entry(slot);
    if (id == Entry.NONE) {
      return null;
    }
    MapPage child = parent.below(slot, id);
    if (child == null) {
      child = load(id);
      if (child == null) {
        return GONE;
      }
      parent.remember(slot, child);
    }
    return child;
  }

  /** What the epochs of pages mean. */
  public EpochAliases aliases() {
    return aliases;
  }

  /** Whether a page belongs to an epoch. */
  boolean isOf(MapPage page, long epoch) {
    return page.epoch == epoch || aliases.resolve(page.epoch) == epoch;
  }

  /** Whether ids for new pages are about to end, as they do after some 2^40 pages. */
  public boolean isExhausted() {
    return nextId > LIMIT - KEPT;
  }

  private long takeId() {
    long id = nextId;
    if (id >= LIMIT) {
      throw new IllegalStateException("map page ids have ended");
    }
    nextId = id + 1;
    return id;
  }

  /** A new, empty page; under the log lock. */
  MapPage create(int level, long epoch) {
    return adopt(new MapPage(takeId(), level, epoch));
  }

  /** A copy of {@code source} that belongs to {@code epoch}; under the log lock. */
  MapPage copy(MapPage source, long epoch) {
    MapPage copy = adopt(MapPage.copy(source, takeId(), epoch));
    if (copies != null && copy.level == 0) {
      copies.accept(copy);
    }
    return copy;
  }

  /** From now on shows every leaf that is copied to {@code observer}; under the log lock. */
  public void observeCopies(Consumer<MapPage> observer) {
    copies = observer;
  }

  private MapPage adopt(MapPage page) {
    live.put(page.id, page);
    prepare(page);
    return page;
  }

  /**
   * Must be called, under the log lock, before a page is changed. With its first change of a
   * generation a page takes the epoch that its own is an alias of, so that aliases can go.
   */
  void prepare(MapPage page) {
    if (page.prepare(generation)) {
      dirty.add(page);
      resolve(page);
    }
  }

  private void resolve(MapPage page) {
    long meaning = aliases.resolve(page.epoch);
    if (meaning != page.epoch) {
      page.epoch = meaning;
    }
  }

  /** Has a page bear no alias, unless it is gone; under the log lock. */
  public void renew(MapPage page) {
    boolean isThere = live.getIfPresent(page.id) == page && !gone.contains(page.id);
    if (isThere && aliases.resolve(page.epoch) != page.epoch) {
      prepare(page);
      resolve(page); // it may have been dirty when the alias came
    }
  }

  /** Forgets a page that nothing refers to any more; under the log lock. */
  public void remove(long id) {
    removed.add(id);
    gone.add(id);
  }

  /** Pages changed, made or removed since the last cut; under the log lock. */
  public int dirtyPages() {
    return dirty.size() + removed.size();
  }

  /** The first page id that was never used; under the log lock. */
  public long nextId() {
    return nextId;
  }

  /** Ends a generation, and hands over what it changed; under the log lock. */
  public Cut cut() {
    Cut cut = new Cut(generation, dirty, removed);
    dirty = new ArrayList<>();
    removed = new ArrayList<>();
    generation++;
    return cut;
  }

  /** What one generation changed, in the state of its end. */
  public final class Cut {
    private final int generation;
    private final List<MapPage> pages;
    private final List<Long> removed;

    private Cut(int generation, List<MapPage> pages, List<Long> removed) {
      this.generation = generation;
      this.pages = pages;
      this.removed = removed;
    }

    /** Stores it. Ids rise from new page to new page, so that LMDB appends. */
    public void store(Catalog.Commit commit) throws IOException {
      ByteBuffer scratch = ByteBuffer.allocateDirect(MapPage.IMAGE_BYTES);
      for (MapPage page : pages) {
        commit.putPage(page.id, page.imageOf(generation, scratch));
      }
      for (long id : removed) {
        commit.removePage(id);
      }
    }

    /** After the commit: what was dirty is clean, and cached; what was removed is nowhere. */
    public void release() {
      for (MapPage page : pages) {
        recent.put(page.id, page);
      }
      for (Long id : removed) {
        live.invalidate(id);
        recent.invalidate(id);
        gone.remove(id);
      }
    }
  }
}
