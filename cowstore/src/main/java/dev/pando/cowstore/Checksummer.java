package dev.pando.cowstore;

import dev.pando.cowstore.map.DamagedPageException;
import dev.pando.cowstore.map.MapPage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives blocks that nobody can change any more their checksums, in the background, some seconds
 * after a freeze or a fork; and drops those of pages that are gone. Every leaf that is in the
 * catalog is looked at, in the order of the ids. What a crash takes is made again.
 */
final class Checksummer implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Checksummer.class);
  private static final long POLL_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** The least time between two passes: there may be more to come. */
  private static final long DELAY_NANOS = TimeUnit.SECONDS.toNanos(3);

  private static final int MOST_AT_A_TIME = 1024;
  private static final long RETRY_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** At most this part of the time is spent looking for what has none. */
  private static final int PART = 20;

  private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** What is read in a second at most: 128 MiB. */
  private static final double BYTES_PER_NANO = 128.0 * (1 << 20) / 1e9;

  private final Engine engine;
  private final BackgroundThread thread;
  private volatile boolean stopping;

  Checksummer(Engine engine) {
    this.engine = engine;
    this.thread = new BackgroundThread("pando-checksum", engine.health, this);
  }

  void start() {
    thread.start();
  }

  void stop() {
    thread.letEnd();
    stopping = true;
    LockSupport.unpark(thread.thread());
    thread.awaitEnd();
  }

  @Override
  public void run() {
    BackgroundThread.yieldToRequests();
    long lookedAt = -1;
    long next = System.nanoTime() + DELAY_NANOS;
    while (!stopping) {
      LockSupport.parkNanos(POLL_NANOS);
      long settlings = engine.state.settlings;
      if (stopping || settlings == lookedAt || System.nanoTime() - next < 0) {
        continue;
      }
      try {
        long looking = pass(true, true);
        lookedAt = settlings;
        next = System.nanoTime() + Math.max(DELAY_NANOS, PART * looking);
      } catch (IOException | RuntimeException e) {
        next = System.nanoTime() + RETRY_NANOS;
        if (!stopping && engine.health.state() == StoreState.READY) {
          LOG.warn("no checksums are made for now", e);
        }
      }
    }
  }

  /** Makes all that are missing, and drops those of pages that are gone, at full speed. */
  void makeAll() throws IOException {
    pass(true, false);
  }

  /** Drops those of pages that are gone. */
  void dropGone() throws IOException {
    pass(false, false);
  }

  /**
   * One look at all pages.
   *
   * @param gently leaves the disk to others most of the time
   * @return how long the looking took, in nanoseconds, without the reading of blocks
   */
  private long pass(boolean make, boolean gently) throws IOException {
    engine.committer.commitThrough(engine.log.lastRecord());
    Immutability immutable = Immutability.look(engine);
    LeafReader reader = new LeafReader(engine);
    long end = engine.log.nextPage();
    long looking = 0;
    for (long at = 0; at < end; ) {
      checkGoingOn();
      long begun = System.nanoTime();
      Map<Long, MapPage> leaves = new HashMap<>();
      long from = at;
      at =
          engine.catalog.scanPages(
              from,
              end,
              STEP_NANOS,
              (id, image) -> {
                MapPage page = decode(id, image);
                if (page == null || page.level() == 0) {
                  leaves.put(id, page);
                }
              });
      List<Long> gone = new ArrayList<>();
      scan(
          from,
          at,
          (id, checksums) -> {
            MapPage leaf = leaves.get(id);
            if (!leaves.containsKey(id)) {
              gone.add(id);
              dropIfMany(gone);
            } else if (leaf == null || isValid(checksums, leaf, immutable)) {
              leaves.remove(id);
            }
          });
      engine.background.dropChecksums(gone);
      looking += System.nanoTime() - begun;
      if (make) {
        make(leaves.values(), immutable, reader, gently);
      }
    }
    return looking;
  }

  private void dropIfMany(List<Long> gone) throws IOException {
    if (gone.size() == MOST_AT_A_TIME) {
      engine.background.dropChecksums(gone);
      gone.clear();
    }
  }

  /** A page whose image is damaged stays as it is: scrub tells of it. */
  private static MapPage decode(long id, ByteBuffer image) {
    try {
      return MapPage.decode(id, image);
    } catch (DamagedPageException e) {
      return null;
    }
  }

  /** Takes the checksums of one leaf. */
  @FunctionalInterface
  interface Visitor {
    void checksums(long page, PageChecksums checksums) throws IOException;
  }

  /** Visits those of the pages from one id, inclusive, to another, exclusive; a part at a time. */
  private void scan(long from, long to, Visitor visitor) throws IOException {
    long at = from;
    while (at < to) {
      TreeMap<Long, PageChecksums> found = new TreeMap<>();
      engine.state.records.scan(
          Epochs.key(PageChecksums.TABLE, at),
          Epochs.key(PageChecksums.TABLE, to),
          (key, value) -> {
            found.put(ByteBuffer.wrap(key, 1, Long.BYTES).getLong(), PageChecksums.decode(value));
            return found.size() < MOST_AT_A_TIME;
          });
      for (Map.Entry<Long, PageChecksums> entry : found.entrySet()) {
        visitor.checksums(entry.getKey(), entry.getValue());
      }
      at = found.size() < MOST_AT_A_TIME ? to : found.lastKey() + 1;
    }
  }

  static boolean isValid(PageChecksums checksums, MapPage leaf, Immutability immutable)
      throws IOException {
    return checksums.epoch == immutable.epoch(leaf.epoch())
        && immutable.hasHeldSince(checksums.epoch, checksums.record);
  }

  /** Makes those of some leaves; null stands for a damaged one. */
  private void make(
      Collection<MapPage> leaves, Immutability immutable, LeafReader reader, boolean gently)
      throws IOException {
    Map<Long, PageChecksums> made = new HashMap<>();
    for (MapPage leaf : leaves) {
      if (leaf != null && immutable.holds(immutable.epoch(leaf.epoch()))) {
        checksum(leaf.id(), immutable, reader, gently, made);
      }
    }
    if (made.isEmpty()) {
      return;
    }
    // or the loss of power could take what was written in place, and leave its checksum
    engine.committer.commitAll();
    for (Map.Entry<Long, PageChecksums> page : made.entrySet()) {
      engine.background.putChecksums(page.getKey(), page.getValue(), immutable);
    }
  }

  private void checksum(
      long id,
      Immutability immutable,
      LeafReader reader,
      boolean gently,
      Map<Long, PageChecksums> made)
      throws IOException {
    checkGoingOn();
    long begun = System.nanoTime();
    Scratch scratch = engine.scratch();
    long bytes;
    engine.epochs.enter(scratch.slot);
    try {
      MapPage leaf = engine.state.pages.peek(id);
      if (leaf == null) {
        return;
      }
      PageChecksums checksums =
          new PageChecksums(immutable.epoch(leaf.epoch()), engine.log.lastRecord());
      bytes = reader.read(leaf, (slot, address, checksum) -> checksums.put(slot, checksum));
      made.put(id, checksums);
    } finally {
      engine.epochs.leave(scratch.slot);
    }
    if (gently) {
      LockSupport.parkNanos(begun + (long) (bytes / BYTES_PER_NANO) - System.nanoTime());
    }
  }

  private void checkGoingOn() throws StoreException {
    if (stopping) {
      throw new StoreException(StoreException.Reason.READ_ONLY, "the store closes");
    }
    engine.health.checkWritable();
  }
}
