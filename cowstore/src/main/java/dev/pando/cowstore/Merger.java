package dev.pando.cowstore;

import dev.pando.cowstore.BackgroundLog.Joined;
import dev.pando.cowstore.map.BlockMap;
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
  private final BooleanSupplier stopping;

  /** What is to be begun with when this record is committed. */
  private final List<Long> candidates = new ArrayList<>();

  /** Written by the reclaimer's thread. */
  private volatile long awaitedCommit;

  private final long[] pages = new long[BATCH_PAGES];
  private int pageCount;

  Merger(Engine engine, BooleanSupplier stopping) {
    this.engine = engine;
    this.stopping = stopping;
  }

  /** Finishes what was begun, one epoch; false if there is none. */
  boolean finishOne() throws IOException {
    long[] found = {0, 0};
    scan(
        Epochs.JOINING,
        (epoch, root) -> {
          if (root != 0) {
            found[0] = epoch;
            found[1] = root;
          }
          return root == 0;
        });
    if (found[0] == 0) {
      return false;
    }
    engine.health.checkWritable();
    MapPage root = engine.state.pages.load(found[1]);
    if (root != null) {
      walk(found[0], root, 0);
    }
    flushPages(found[0]);
    engine.background.joined(found[0]);
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
            candidates.add(epoch);
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
      if (engine.background.join(epoch) == Joined.NOT_JOINABLE) {
        engine.background.joined(epoch);
      }
    }
    return true;
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
          found[0] = epoch;
          found[1] = root;
          return false;
        });
    if (found[0] == 0) {
      return false;
    }
    engine.health.checkWritable();
    strip(found[0], engine.state.pages.load(found[1]));
    engine.background.strip(found[0], null);
    return true;
  }

  private void strip(long epoch, MapPage page) throws IOException {
    if (page == null || engine.state.pages.aliases().resolve(page.epoch()) != epoch) {
      return;
    }
    checkGoingOn();
    boolean reserved = false;
    for (int slot = 0; slot < MapPage.ENTRIES; slot++) {
      long entry = page.entry(slot);
      if (page.level() > 0 && entry != Entry.NONE) {
        strip(epoch, engine.state.pages.load(entry));
      } else if (page.level() == 0) {
        reserved |= Entry.isUnwritten(entry);
      }
    }
    if (reserved) {
      engine.background.strip(epoch, page);
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

  /** Compares what stands at one place of the map before and now; leaves before what is above. */
  private void walk(long epoch, MapPage before, long firstLeaf) throws IOException {
    checkGoingOn();
    if (engine.state.pages.aliases().resolve(before.epoch()) != epoch) {
      return; // an ancestor's, which goes on
    }
    MapPage now = map(epoch).page(before.level(), firstLeaf);
    if (now != null && now.id() == before.id()) {
      return;
    }
    if (before.level() == 0) {
      engine.background.joinLeaf(epoch, firstLeaf, before);
      return;
    }
    for (int slot = 0; slot < MapPage.ENTRIES; slot++) {
      long below = before.entry(slot);
      if (below != Entry.NONE && (now == null || now.entry(slot) != below)) {
        MapPage child = engine.state.pages.load(below);
        if (child != null) {
          walk(epoch, child, firstLeaf + before.leavesBefore(slot));
        }
      }
    }
    pages[pageCount++] = before.id();
    if (pageCount == BATCH_PAGES) {
      flushPages(epoch);
    }
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
