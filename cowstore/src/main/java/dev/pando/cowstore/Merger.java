package dev.pando.cowstore;

import dev.pando.cowstore.catalog.DamagedCatalogException;
import dev.pando.cowstore.map.BlockMap;
import dev.pando.cowstore.map.DamagedPageException;
import dev.pando.cowstore.map.Entry;
import dev.pando.cowstore.map.MapPage;
import dev.pando.cowstore.segment.Runs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Makes blocks private again. An epoch whose last bearer is gone and that has one child left is
 * joined with it: what both refer to is the child's alone, and what only the parent referred to is
 * free. That is found by comparing the two maps from their roots down; what they share is passed
 * over, so the cost is that of the pages the child changed. By the reclaimer's thread; after a
 * crash it goes on with what is left.
 */
final class Merger {
  private static final int BATCH = 1024;
  private static final int BATCH_PAGES = 256;
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final Engine engine;
  private final DamagedEpochs damaged;
  private final BooleanSupplier stopping;

  /** What is to be begun with when this record is committed. */
  private final List<Long> candidates = new ArrayList<>();

  /** Written by the reclaimer's thread. */
  private volatile long awaitedCommit;

  private final long[] pages = new long[BATCH_PAGES];
  private int pageCount;

  Merger(Engine engine, DamagedEpochs damaged, BooleanSupplier stopping) {
    this.engine = engine;
    this.damaged = damaged;
    this.stopping = stopping;
  }

  /** Finishes what was begun, one epoch; false if there is none. */
  boolean finishOne() throws IOException {
    long[] found = {0, 0};
    scan(
        Epochs.JOINING,
        (epoch, root) -> {
          boolean begun = root != 0 && !damaged.contains(epoch);
          if (begun) {
            found[0] = epoch;
            found[1] = root;
          }
          return !begun;
        });
    if (found[0] == 0) {
      return false;
    }
    engine.health.checkWritable();
    boolean whole = walk(found[0], found[1], 0);
    flushPages(found[0]);
    if (whole) {
      engine.background.joined(found[0]);
    }
    return true;
  }

  /**
   * Begins with all that can be joined; false if there is nothing, or not yet: what made it so must
   * be durable before, or the loss of power could bring back a file whose blocks were overwritten
   * meanwhile; and whoever still reads that file must have ended.
   */
  boolean beginAll() throws IOException {
    if (candidates.isEmpty()) {
      scan(
          Epochs.JOINING,
          (epoch, root) -> {
            if (!damaged.contains(epoch)) {
              candidates.add(epoch);
            }
            return candidates.size() < BATCH;
          });
      awaitedCommit = candidates.isEmpty() ? 0 : engine.log.lastRecord();
    }
    if (candidates.isEmpty() || isWaiting()) {
      return false;
    }
    long ticket = engine.epochs.advance();
    while (!engine.epochs.isPast(ticket)) {
      checkGoingOn();
      LockSupport.parkNanos(POLL_NANOS);
    }
    List<Long> all = List.copyOf(candidates);
    candidates.clear(); // what is not joined now is found again
    for (long epoch : all) {
      checkGoingOn();
      begin(epoch);
    }
    return true;
  }

  private void begin(long epoch) throws IOException {
    try {
      switch (engine.background.join(epoch)) {
        case DONE -> {}
        case NOT_JOINABLE -> engine.background.joined(epoch);
        case NOT_YET -> damaged.addFor(epoch, engine.state.epochs.get(epoch).children());
      }
    } catch (DamagedPageException | DamagedCatalogException e) {
      damaged.add(epoch, e);
    }
  }

  /** Whether a commit is awaited before it can go on. */
  boolean isWaiting() {
    return engine.committer.committedTo() < awaitedCommit;
  }

  /** Frees what is still reserved in one epoch that nobody bears; false if there is none. */
  boolean stripOne() throws IOException {
    long[] found = {0, 0};
    scan(
        Epochs.RESERVED,
        (epoch, root) -> {
          boolean passedOver = damaged.contains(epoch);
          if (!passedOver) {
            found[0] = epoch;
            found[1] = root;
          }
          return passedOver;
        });
    if (found[0] == 0) {
      return false;
    }
    engine.health.checkWritable();
    if (strip(found[0], found[1])) {
      engine.background.strip(found[0], null);
    }
    return true;
  }

  /** Strips what is at and below a page; false if some of it is damaged. */
  private boolean strip(long epoch, long id) throws IOException {
    checkGoingOn();
    MapPage page = load(epoch, id);
    if (page == null) {
      return !damaged.contains(epoch);
    }
    if (engine.state.pages.aliases().resolve(page.epoch()) != epoch) {
      return true;
    }
    boolean whole = true;
    boolean reserved = false;
    for (int slot = 0; slot < MapPage.ENTRIES; slot++) {
      long entry = page.entry(slot);
      if (page.level() > 0 && entry != Entry.NONE) {
        whole &= strip(epoch, entry);
      } else if (page.level() == 0) {
        reserved |= Entry.isUnwritten(entry);
      }
    }
    if (reserved) {
      engine.background.strip(epoch, page);
    }
    return whole;
  }

  /** A page, or null if it is gone, or damaged: then its epoch is passed over from now on. */
  private MapPage load(long epoch, long id) throws IOException {
    try {
      return engine.state.pages.load(id);
    } catch (DamagedPageException e) {
      damaged.add(epoch, e);
      return null;
    }
  }

  @FunctionalInterface
  private interface JoiningVisitor {
    boolean epoch(long epoch, long root);
  }

  private void scan(byte table, JoiningVisitor visitor) throws IOException {
    engine.state.records.scan(
        new byte[] {table},
        new byte[] {(byte) (table + 1)},
        (key, value) ->
            visitor.epoch(
                ByteBuffer.wrap(key, 1, Long.BYTES).getLong(), ByteBuffer.wrap(value).getLong()));
  }

  /**
   * Compares what stands at one place of the map before and now; leaves before what is above.
   *
   * @return false if something is damaged: what it was before stays, with what is above it
   */
  private boolean walk(long epoch, long id, long firstLeaf) throws IOException {
    MapPage before = load(epoch, id);
    if (before == null) {
      return !damaged.contains(epoch);
    }
    try {
      return walk(epoch, before, firstLeaf);
    } catch (DamagedPageException | DamagedCatalogException e) {
      damaged.add(epoch, e); // of what it is now
      return false;
    }
  }

  private boolean walk(long epoch, MapPage before, long firstLeaf) throws IOException {
    checkGoingOn();
    if (engine.state.pages.aliases().resolve(before.epoch()) != epoch) {
      return true; // an ancestor's, which goes on
    }
    MapPage now = map(epoch).page(before.level(), firstLeaf);
    if (now != null && now.id() == before.id()) {
      return true;
    }
    if (before.level() == 0) {
      engine.background.joinLeaf(epoch, firstLeaf, before);
      return true;
    }
    boolean whole = true;
    for (int slot = 0; slot < MapPage.ENTRIES; slot++) {
      long below = before.entry(slot);
      if (below != Entry.NONE && (now == null || now.entry(slot) != below)) {
        whole &= walk(epoch, below, firstLeaf + before.leavesBefore(slot));
      }
    }
    if (!whole) {
      return false;
    }
    pages[pageCount++] = before.id();
    if (pageCount == BATCH_PAGES) {
      flushPages(epoch);
    }
    return true;
  }

  private BlockMap map(long epoch) throws IOException {
    engine.log.changing.lock();
    try {
      return engine.state.mapOf(epoch, engine.files);
    } finally {
      engine.log.changing.unlock();
    }
  }

  private void flushPages(long epoch) throws IOException {
    if (pageCount > 0) {
      engine.background.reclaim(epoch, Arrays.copyOf(pages, pageCount), new Runs(), false);
      pageCount = 0;
    }
  }

  private void checkGoingOn() throws StoreException {
    if (stopping.getAsBoolean()) {
      throw new StoreException(StoreException.Reason.READ_ONLY, "the store closes");
    }
  }
}
