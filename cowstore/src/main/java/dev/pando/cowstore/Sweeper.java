package dev.pando.cowstore;

import dev.pando.cowstore.map.MapPage;
import dev.pando.cowstore.segment.Between;
import dev.pando.cowstore.segment.BlockSet;
import dev.pando.cowstore.segment.Runs;
import dev.pando.cowstore.segment.SpaceRecords;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Frees blocks that were shared otherwise than by fork, and that nothing refers to any more: mark
 * and sweep, beside writers, by the reclaimer's thread.
 *
 * <p>How it works. From the beginning of the mark the log notes what any page comes to refer to:
 * copies of leaves, shared blocks, new ones. Then everything is committed, and every page that is
 * in the catalog then is looked at once, in the order of their ids; nothing needs to be walked,
 * since a page that nothing can reach is removed by itself. A block that was in use when the mark
 * began, that no page was found to refer to, and that nothing came to refer to since, is free. What
 * is interrupted begins anew. Memory is bounded by taking a part of the segments at a time.
 *
 * <p>The first look at the pages also finds which aliases of epochs they bear. Those that no page
 * bears are forgotten; some pages of the oldest others are stored anew without, so that the next
 * sweep can forget these, though nobody changes the pages.
 */
final class Sweeper {
  private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);

  /** 256 GiB at a time: at most 16 MiB of bitmaps. */
  private static final int SEGMENTS_AT_A_TIME = 256;

  /** How long a look into the catalog may last. */
  private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private static final long LEAST_INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(10);
  private static final long LEAST_FORCED_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** At most this part of the time is spent sweeping. */
  private static final int PART = 20;

  /** So many pages are stored anew by one sweep, for their aliases' sake; and at a time. */
  private static final int MOST_RENEWED = 1024;

  private static final int RENEWED_AT_A_TIME = 64;

  /** So many are forgotten by one record. */
  private static final int MOST_ALIASES = 1024;

  /** From so many on a sweep is worth it: each join copies the table of them. */
  private static final int MANY_ALIASES = 4096;

  private final Engine engine;
  private volatile long lastEnd = System.nanoTime();
  private volatile long lastDuration;

  /** Nothing that was recorded up to here can be swept, unless it was referred to then. */
  private volatile long sweptTo;

  Sweeper(Engine engine) {
    this.engine = engine;
  }

  /** Whether there may be anything to free, and the last sweep was long enough ago. */
  boolean isDue() {
    return mightFree(LEAST_INTERVAL_NANOS);
  }

  /** The same for when space is needed. */
  boolean isWorthwhile() {
    return mightFree(LEAST_FORCED_INTERVAL_NANOS);
  }

  private boolean mightFree(long interval) {
    return (engine.state.beyond.size() > 0 || engine.state.pages.aliases().count() > MANY_ALIASES)
        && engine.log.lastRecord() > sweptTo
        && System.nanoTime() - lastEnd > Math.max(interval, PART * lastDuration);
  }

  /** One sweep of the whole store. */
  void sweep(Between between) throws IOException {
    engine.health.checkWritable();
    long begun = System.nanoTime();
    long from = engine.log.lastRecord();
    long freed = 0;
    int segments = engine.segments.count();
    int first = 0;
    try {
      do {
        freed += sweep(first, first == 0, between);
        first += SEGMENTS_AT_A_TIME;
      } while (first < segments);
      sweptTo = from;
    } finally {
      lastEnd = System.nanoTime();
      lastDuration = lastEnd - begun;
    }
    LOG.debug("swept: {} blocks beyond their family are free", freed);
  }

  private long sweep(int firstSegment, boolean withAliases, Between between) throws IOException {
    SweepMark mark =
        new SweepMark(engine.state.beyond, firstSegment, firstSegment + SEGMENTS_AT_A_TIME);
    long[] aliases = withAliases ? engine.state.pages.aliases().aliases() : new long[0];
    Bearers bearers = new Bearers(aliases);
    long end;
    engine.sharing.lock();
    try {
      end = engine.background.mark(mark);
    } finally {
      engine.sharing.unlock();
    }
    try {
      between.steps();
      engine.committer.commitThrough(engine.log.lastRecord());
      between.steps();
      for (long at = 0; at < end; ) {
        at =
            engine.catalog.scanPages(
                at, end, STEP_NANOS, (id, image) -> look(MapPage.decode(id, image), mark, bearers));
        between.steps();
      }
      forget(mark, aliases, bearers);
      renew(bearers, between);
      long freed = 0;
      int endSegment = Math.min(engine.segments.count(), firstSegment + SEGMENTS_AT_A_TIME);
      for (int segment = firstSegment; segment < endSegment; segment++) {
        freed += free(mark, segment, between);
      }
      return freed;
    } finally {
      engine.background.mark(null);
    }
  }

  private static void look(MapPage page, SweepMark mark, Bearers bearers) {
    bearers.find(page);
    if (page.level() == 0) {
      mark.find(page);
    }
  }

  /** Which aliases pages bear, and some pages that bear the oldest. */
  private static final class Bearers {
    private final long[] aliases;
    private final boolean[] borne;

    /** Pages by what alias they bear, that of the youngest first. */
    private final PriorityQueue<Bearer> pages =
        new PriorityQueue<>(Comparator.comparingInt(Bearer::alias).reversed());

    private record Bearer(int alias, long page) {}

    /**
     * @param aliases by rising number, which is by age
     */
    Bearers(long[] aliases) {
      this.aliases = aliases;
      this.borne = new boolean[aliases.length];
    }

    void find(MapPage page) {
      int alias = Arrays.binarySearch(aliases, page.epoch());
      if (alias < 0) {
        return;
      }
      borne[alias] = true;
      if (pages.size() < MOST_RENEWED || alias < pages.peek().alias()) {
        pages.add(new Bearer(alias, page.id()));
        if (pages.size() > MOST_RENEWED) {
          pages.poll();
        }
      }
    }
  }

  /** Stores pages anew that bear old aliases. */
  private void renew(Bearers bearers, Between between) throws IOException {
    List<MapPage> pages = new ArrayList<>();
    while (!bearers.pages.isEmpty()) {
      MapPage page = engine.state.pages.peek(bearers.pages.poll().page());
      if (page != null) {
        pages.add(page);
      }
      if (pages.size() == RENEWED_AT_A_TIME || bearers.pages.isEmpty()) {
        engine.background.renew(pages);
        pages.clear();
        between.steps();
      }
    }
  }

  /** Frees what is left of one segment's blocks beyond their family. */
  private long free(SweepMark mark, int segment, Between between) throws IOException {
    BlockSet used = new BlockSet();
    SpaceRecords.scanUsed(engine.catalog, segment, used::add);
    Runs candidates = new Runs();
    long[] count = {0, 0};
    engine.state.beyond.forEach(
        segment,
        address -> {
          if (mark.isUnfound(address) && used.contains(address)) {
            candidates.add(address, 1);
            count[0]++;
            count[1]++;
          }
          if (count[0] == SweepMark.MOST_BLOCKS) {
            engine.background.sweep(mark, candidates, new long[0]);
            candidates.clear();
            count[0] = 0;
            between.steps();
          }
        });
    if (count[0] > 0) {
      engine.background.sweep(mark, candidates, new long[0]);
      between.steps();
    }
    return count[1];
  }

  /**
   * Drops the aliases that no page bears, and that nothing else names: the last first, for an alias
   * may stand for an earlier one.
   */
  private void forget(SweepMark mark, long[] aliases, Bearers bearers) throws IOException {
    Map<Long, Integer> named = engine.state.epochs.namedAliases();
    List<Long> unused = new ArrayList<>();
    for (int i = aliases.length - 1; i >= 0; i--) {
      if (!bearers.borne[i] && named.getOrDefault(aliases[i], 0) == 0) {
        unused.add(aliases[i]);
        named.merge(engine.state.epochs.meaning(aliases[i]), -1, Integer::sum);
      }
      if (unused.size() == MOST_ALIASES || (i == 0 && !unused.isEmpty())) {
        long[] batch = unused.stream().mapToLong(alias -> alias).sorted().toArray();
        engine.background.sweep(mark, new Runs(), batch);
        unused.clear();
      }
    }
  }
}
