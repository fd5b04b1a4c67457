package dev.pando.cowstore;

import dev.pando.cowstore.catalog.DamagedCatalogException;
import dev.pando.cowstore.map.DeadTree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives back, in the background, what only dead epochs could reach: in batches of bounded size,
 * each a journal record; has epochs joined, and sweeps. After a crash it begins with what is left.
 */
final class Reclaimer implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Reclaimer.class);
  private static final long POLL_SECONDS = 5;
  private static final long POLL_MILLIS = 100;

  /** The pause after each step of a sweep that nobody waits for. */
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(80);

  private static final long TRIM_INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(10);

  private final Engine engine;
  private final Semaphore work = new Semaphore(1);
  private final BackgroundThread thread;
  private final Merger merger;
  private final Sweeper sweeper;
  private final DamagedEpochs damaged = new DamagedEpochs();

  /** What was said of faults, each once. */
  private final Set<String> told = new HashSet<>();

  private volatile boolean stopping;
  private volatile boolean busy = true;

  private long lastTrim = System.nanoTime();

  /** Sweeps that were asked for, and those of them that have ended; guarded by this. */
  private long asked;

  private long swept;

  /** Whether what was tried last has failed; guarded by this. */
  private boolean failed;

  Reclaimer(Engine engine) {
    this.engine = engine;
    this.thread = new BackgroundThread("pando-reclaim", engine.health, this);
    this.merger = new Merger(engine, damaged, () -> stopping);
    this.sweeper = new Sweeper(engine);
  }

  void start() {
    thread.start();
  }

  /** Tells it that an epoch may have died. */
  void wake() {
    busy = true;
    work.release();
  }

  /** Tells it that a commit has ended. */
  void committed() {
    if (busy) {
      work.release();
    }
  }

  /** Whether there is, or may be, something to give back. */
  boolean isBusy() {
    return busy;
  }

  void stop() {
    thread.letEnd();
    stopping = true;
    work.release();
    thread.awaitEnd();
    synchronized (this) {
      notifyAll();
    }
  }

  /**
   * Has everything swept that nothing refers to at the moment.
   *
   * @param millis how long to wait for it
   * @return whether it has succeeded in that time
   */
  synchronized boolean sweep(long millis) throws StoreException {
    long ticket = ++asked;
    work.release();
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (swept < ticket) {
      engine.health.checkWritable();
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (stopping || left <= 0) {
        return false;
      }
      try {
        wait(Math.min(left, POLL_MILLIS));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return !failed;
  }

  /** Whether a sweep may free space. */
  boolean maySweepForSpace() {
    return sweeper.isWorthwhile();
  }

  /** Sweeps because space is needed; false if that would be in vain. */
  boolean sweepForSpace(long millis) throws StoreException {
    return sweeper.isWorthwhile() && sweep(millis);
  }

  @Override
  public void run() {
    while (!stopping) {
      try {
        if (work.tryAcquire(POLL_SECONDS, TimeUnit.SECONDS)) {
          work.drainPermits();
        }
        reclaim();
        sweepIfDue();
        trimIfDue();
        lookForBacked();
        busy = work.availablePermits() > 0 || merger.isWaiting();
      } catch (InterruptedException e) {
        return;
      } catch (IOException | RuntimeException e) {
        busy = false;
        sweepEnded(asked(), true);
        if (engine.health.state() == StoreState.READY) {
          tell(e);
        }
      }
    }
  }

  /** The same fault, met again at each turn, is said once. */
  private void tell(Exception fault) {
    if (told.add(fault.toString())) {
      LOG.warn("Space is not given back for now; it is tried again, and said once", fault);
    }
  }

  /** How many removed files or forks there are whose space can not be given back. */
  int damagedTrees() {
    return damaged.count();
  }

  private void reclaim() throws IOException {
    while (!stopping
        && (merger.finishOne() || merger.stripOne() || reclaimOne() || merger.beginAll())) {
      // as long as there is anything
    }
  }

  private void sweepIfDue() throws IOException {
    long ticket;
    synchronized (this) {
      ticket = asked;
      if (swept == ticket && !sweeper.isDue()) {
        return;
      }
    }
    sweeper.sweep(this::betweenSteps);
    sweepEnded(ticket, false);
  }

  /** What became free in pieces too small to be given back at once goes back together. */
  private void trimIfDue() {
    if (System.nanoTime() - lastTrim > TRIM_INTERVAL_NANOS && engine.allocator.isUntrimmed()) {
      lastTrim = System.nanoTime();
      try {
        engine.allocator.trim(false, this::checkGoingOn);
      } catch (IOException e) {
        LOG.debug("not all that is free was given back", e);
      }
    }
  }

  /** After opening: finds what an earlier process left free and did not give back. */
  private void lookForBacked() throws StoreException {
    while (engine.allocator.lookForBacked()) {
      checkGoingOn();
    }
  }

  private synchronized void sweepEnded(long ticket, boolean withFailure) {
    swept = ticket;
    failed = withFailure;
    notifyAll();
  }

  private synchronized long asked() {
    return asked;
  }

  /** A sweep that nobody waits for leaves the machine to others most of the time. */
  private void betweenSteps() throws IOException {
    boolean hurried;
    synchronized (this) {
      hurried = swept < asked;
    }
    if (!hurried) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    checkGoingOn();
    reclaim();
  }

  private void checkGoingOn() throws StoreException {
    if (stopping) {
      throw new StoreException(StoreException.Reason.READ_ONLY, "the store closes");
    }
  }

  /** Gives back what one dead epoch holds; false if there is none. */
  private boolean reclaimOne() throws IOException {
    byte[][] found = new byte[2][];
    engine.state.records.scan(
        new byte[] {Epochs.DEAD},
        new byte[] {Epochs.DEAD + 1},
        (key, value) -> {
          boolean passedOver = damaged.contains(epoch(key));
          if (!passedOver) {
            found[0] = key;
            found[1] = value;
          }
          return passedOver;
        });
    if (found[0] == null) {
      return false;
    }
    engine.health.checkWritable();
    long epoch = epoch(found[0]);
    try {
      reclaim(epoch, ByteBuffer.wrap(found[1]).getLong());
    } catch (DamagedCatalogException e) {
      damaged.add(epoch, e);
    }
    return true;
  }

  private void reclaim(long epoch, long root) throws IOException {
    DeadTree tree = new DeadTree(engine.state.pages, epoch);
    tree.walk(
        root,
        (pages, runs) -> {
          checkGoingOn();
          engine.background.reclaim(epoch, pages, runs, false);
        });
    boolean whole = tree.damage().isEmpty();
    if (whole || tree.pages().length > 0) {
      engine.background.reclaim(epoch, tree.pages(), tree.runs(), whole);
    }
    tree.damage().ifPresent(damage -> damaged.add(epoch, damage));
  }

  private static long epoch(byte[] key) {
    return ByteBuffer.wrap(key, 1, Long.BYTES).getLong();
  }
}
