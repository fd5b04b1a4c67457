package dev.pando.cowstore;

import dev.pando.cowstore.catalog.Catalog;
import dev.pando.cowstore.io.HostException;
import dev.pando.cowstore.segment.Pace;
import dev.pando.cowstore.segment.Runs;
import dev.pando.cowstore.segment.SpaceRecords;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves what the journal holds into the catalog, in the background: cut, flush the segments, one
 * durable transaction, trim the journal. Then it hands freed blocks back, once every request that
 * began before has ended.
 */
final class Committer implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Committer.class);
  private static final long MAX_RECORDS = 65_536;
  private static final long QUARANTINE_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  /** How long a request waits for space that is on its way back. */
  private static final long SPACE_MILLIS = 5_000;

  /** Requests that wait for space and can not be put off: of 16 workers as many. */
  private static final int MOST_SPACE_WAITERS = 4;

  /** How long a commit that nobody waits for leaves the disk to those who sync, each MiB. */
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** How long, at most, what was written in place is left to the host while commits go on. */
  private static final long FULL_FLUSH_NANOS = TimeUnit.SECONDS.toNanos(30);

  private static final int MOST_UNFLUSHED = 10_000;

  private final Engine engine;
  private final UUID store;
  private final long session;
  private final long nonce;
  private final BackgroundThread thread;

  private volatile boolean requested;

  /** The next commit is to make durable what was written in place, too; guarded by this. */
  private boolean all;

  /**
   * Files that may have been written in place since all was flushed: they know which segments they
   * wrote to, and must not be forgotten. The committer's own.
   */
  private final Set<CowFile> unflushed = new HashSet<>();

  /** Whether a commit has left anything that was written in place to the host. */
  private volatile boolean owesFlush;

  private long lastFullFlush = System.nanoTime();
  private volatile boolean stopping;

  /** Every record up to this one is in the catalog. */
  private volatile long committedTo;

  /** Commits that were begun, and how many of those have ended; guarded by this. */
  private long begun;

  private long ended;

  private volatile long usedBlocks;

  /** By how much the commit that is under way makes the used space grow. */
  private volatile long committingBlocks;

  /** Whether the commit that is under way frees, or may free, blocks. */
  private volatile boolean commitFrees;

  /** Freed and not yet handed back; the committer's own, its size for all. */
  private final Deque<Quarantined> quarantine = new ArrayDeque<>();

  private final AtomicLong quarantinedBlocks = new AtomicLong();

  private final Semaphore spaceWaiters = new Semaphore(MOST_SPACE_WAITERS);

  /** Asked for, or null; guarded by this. */
  private Compaction compaction;

  /** One compaction of the catalog and how it ended; guarded by the committer. */
  private static final class Compaction {
    private boolean done;
    private IOException failure;
  }

  private record Quarantined(long ticket, Runs runs) {}

  Committer(Engine engine, StoreHeader header) {
    this.engine = engine;
    this.thread = new BackgroundThread("pando-commit", engine.health, this);
    this.store = header.store();
    this.session = header.session();
    this.nonce = header.nonce();
    this.committedTo = header.lastRecord();
    this.usedBlocks = header.usedBlocks();
  }

  void start() {
    thread.start();
  }

  long committedTo() {
    return committedTo;
  }

  /** Blocks in use now; what changed since the last commit is counted by and by. */
  long usedBlocks() {
    return Math.max(0, usedBlocks + committingBlocks + engine.state.growthBlocks());
  }

  /** Blocks that went out of use and were not handed back yet. */
  long returningBlocks() {
    long growth = committingBlocks + engine.state.growthBlocks();
    return quarantinedBlocks.get() + Math.max(0, -growth);
  }

  long quarantinedBlocks() {
    return quarantinedBlocks.get();
  }

  /** Asks for a commit soon. */
  void request() {
    if (!requested) {
      requested = true;
      LockSupport.unpark(thread.thread());
    }
  }

  /** Asks for a commit if the bounds say so; cheap. */
  void requestIfDue(long lastRecord) {
    if (!requested
        && (lastRecord - committedTo > MAX_RECORDS
            || engine.journalBound.isHalfUsed()
            || engine.changeBound.isHalfUsed())) {
      request();
    }
  }

  /** Returns when every record up to {@code number} is durable in the catalog. */
  synchronized void commitThrough(long number) throws StoreException {
    for (boolean asked = false; committedTo < number; asked = true) {
      engine.health.checkWritable();
      if (!asked || begun == ended) { // or each commit that takes long would be followed by another
        request();
      }
      pause(100);
    }
  }

  /**
   * Returns when everything recorded, or written in place, before the call is durable: when a
   * commit has ended that began after it, unless there is nothing to commit.
   */
  synchronized void commitAll() throws StoreException {
    engine.health.checkCommittable();
    if (begun == ended && engine.log.isClean(committedTo) && !owesFlush) {
      return;
    }
    all = true;
    long awaited = begun + 1;
    while (ended < awaited) {
      engine.health.checkWritable();
      if (begun < awaited) {
        request();
      }
      pause(100);
    }
    engine.health.checkCommittable();
  }

  /** Has the catalog written anew without what is free in it; returns when that is done. */
  synchronized void compact() throws IOException {
    while (compaction != null) { // another's
      engine.health.checkWritable();
      pause(100);
    }
    Compaction mine = new Compaction();
    compaction = mine;
    while (!mine.done) {
      engine.health.checkWritable();
      request();
      pause(100);
    }
    if (mine.failure != null) {
      throw mine.failure;
    }
  }

  private void compactIfAsked() throws IOException {
    Compaction asked;
    synchronized (this) {
      asked = compaction;
      compaction = null;
    }
    if (asked == null) {
      return;
    }
    IOException failure = null;
    try {
      engine.catalog.compact();
      growAhead();
    } catch (HostException | FileSystemException e) {
      failure = e; // the catalog is as it was
    }
    synchronized (this) {
      asked.failure = failure;
      asked.done = true;
    }
  }

  /** Whether space may come back: blocks are freed and not yet handed back, or may be swept. */
  boolean mayFreeSpace() {
    return isSpaceReturning() || engine.reclaimer.maySweepForSpace();
  }

  private boolean isSpaceReturning() {
    return engine.log.hasFreed()
        || commitFrees
        || quarantinedBlocks.get() > 0
        || engine.reclaimer.isBusy();
  }

  /**
   * Waits for blocks that are freed and not yet handed back, for some seconds.
   *
   * @return false if there are none
   */
  boolean awaitFreedSpace() throws StoreException {
    if (!isSpaceReturning() && !engine.reclaimer.sweepForSpace(SPACE_MILLIS)) {
      return false;
    }
    commitThrough(engine.log.lastRecord());
    awaitQuarantine();
    if (engine.reclaimer.isBusy()) {
      pause(5); // it has not come to what there is to free
    }
    return true;
  }

  /**
   * The same for a request that keeps its worker meanwhile: a few may, and for a further one there
   * is no space. Sixteen that reserve space on a full disk would stop every read.
   */
  boolean awaitFreedSpaceAmongFew() throws StoreException {
    if (!spaceWaiters.tryAcquire()) {
      return false;
    }
    try {
      return awaitFreedSpace();
    } finally {
      spaceWaiters.release();
    }
  }

  /** Waits until what was freed and committed may be used again, for some seconds at most. */
  synchronized void awaitQuarantine() throws StoreException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SPACE_MILLIS);
    while (quarantinedBlocks.get() > 0 && System.nanoTime() < deadline) {
      engine.health.checkWritable();
      pause(5);
    }
  }

  @SuppressWarnings("WaitNotInLoop") // its callers loop
  private synchronized void pause(long millis) throws StoreException {
    try {
      wait(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException(StoreException.Reason.IO, "interrupted", e);
    }
  }

  private synchronized void wakeWaiters() {
    notifyAll();
    engine.journalBound.wake();
    engine.changeBound.wake();
  }

  @Override
  public void run() {
    BackgroundThread.goBeforeRequests();
    long interval = TimeUnit.MILLISECONDS.toNanos(engine.options.commitIntervalMillis());
    long last = System.nanoTime();
    while (!stopping) {
      if (!requested) {
        LockSupport.parkNanos(quarantine.isEmpty() ? interval : QUARANTINE_POLL_NANOS);
      }
      try {
        handBack();
        if (requested || System.nanoTime() - last >= interval) {
          boolean awaited = requested;
          requested = false;
          last = System.nanoTime();
          commit(false, awaited ? Pace.HURRY : this::pace);
          compactIfAsked();
        }
      } catch (IOException | RuntimeException e) {
        IOException cause = e instanceof IOException io ? io : new IOException(e);
        engine.health.fail("commit", cause);
      }
      wakeWaiters();
      if (engine.health.state() != StoreState.READY) {
        requested = false;
      }
    }
  }

  /** Stops the thread; a commit that is under way ends first. */
  void stop() {
    thread.letEnd();
    stopping = true;
    LockSupport.unpark(thread.thread());
    thread.awaitEnd();
  }

  /** One commit; by the committer's thread, or when that has ended. */
  void commit(boolean clean) throws IOException {
    synchronized (this) {
      all = true;
    }
    commit(clean, Pace.HURRY);
  }

  private void commit(boolean clean, Pace pace) throws IOException {
    boolean flushAll;
    synchronized (this) {
      begun++;
      flushAll = all;
      all = false;
    }
    try {
      commitCut(clean, flushAll, pace);
    } catch (IOException | RuntimeException | Error e) {
      // before it has ended: whoever waits for the end takes the store's health for its success
      StoreException unused =
          engine.health.fail("commit", e instanceof IOException io ? io : new IOException(e));
      throw e;
    } finally {
      synchronized (this) {
        ended = begun;
      }
    }
  }

  /** Leaves the disk to those who sync, as long as there are any and nobody waits for a commit. */
  private boolean pace() {
    if (requested || stopping) {
      return false;
    }
    if (engine.flusher.isBusy()) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return true;
  }

  private void commitCut(boolean clean, boolean flushAll, Pace pace) throws IOException {
    engine.health.checkCommittable();
    if (!clean && engine.log.isClean(committedTo) && !(flushAll && owesFlush)) {
      return;
    }
    growAhead();
    commitFrees = true;
    Engine.Cut cut = engine.log.cut();
    commitFrees = cut.state().freed().size() > 0;
    committingBlocks = cut.state().growthBlocks();
    flush(cut.state().files(), flushAll, pace);
    engine.allocator.hold(cut.state().freed());
    usedBlocks = store(engine.catalog, cut, header(cut, clean));
    committingBlocks = 0;
    cut.state().pages().release();
    engine.state.records.committed();
    engine.log.committed(cut);
    engine.journal.readAhead(cut.position());
    engine.catalog.measure();
    committedTo = cut.lastRecord();
    if (cut.state().freed().size() > 0) {
      quarantine.add(new Quarantined(engine.epochs.advance(), cut.state().freed()));
      quarantinedBlocks.addAndGet(cut.state().freed().blocks());
      commitFrees = false;
    }
    engine.reclaimer.committed();
    engine.allocator.closeIdleWindows();
    lookForSpace();
    LOG.debug("committed up to record {}", cut.lastRecord());
  }

  /**
   * Makes durable what a cut refers to. What was written in place it may leave to the host, as any
   * file system does, but not for long.
   */
  private void flush(Set<CowFile> files, boolean flushAll, Pace pace) throws IOException {
    boolean due = System.nanoTime() - lastFullFlush > FULL_FLUSH_NANOS;
    unflushed.addAll(files);
    if (flushAll || due || unflushed.size() > MOST_UNFLUSHED) {
      engine.segments.flushAll(pace);
      unflushed.forEach(file -> file.unflushed.forgetFlushed(engine.segments));
      unflushed.clear();
      owesFlush = false;
      lastFullFlush = System.nanoTime();
    } else {
      owesFlush = true;
      engine.segments.flushPlaced(pace);
    }
  }

  /** The commit has ended: that the host does not tell what it has left is no failure of it. */
  private void lookForSpace() throws IOException {
    try {
      engine.allocator.refreshCapacity();
    } catch (HostException e) {
      LOG.warn("how much space is left is not known, it is as before: {}", e.getMessage());
    }
  }

  /** Sees to it that commits succeed also when another program fills the host's disk. */
  void growAhead() throws IOException {
    try {
      engine.catalog.growAhead(engine.allocator.growthBytes());
    } catch (HostException e) {
      if (!e.isDiskFull() && !e.isShortage()) {
        throw e;
      }
      LOG.warn("the catalog could not be given room ahead: {}", e.getMessage());
    }
  }

  private StoreHeader header(Engine.Cut cut, boolean clean) {
    return new StoreHeader(
        store,
        session,
        clean,
        cut.lastRecord(),
        cut.position(),
        cut.nextPage(),
        cut.nextEpoch(),
        cut.nextNumber(),
        usedBlocks,
        nonce,
        engine.journal.durable());
  }

  /** Stores a cut and a header in one transaction; returns how many blocks are in use. */
  static long store(Catalog catalog, Engine.Cut cut, StoreHeader header) throws IOException {
    try (Catalog.Commit commit = catalog.begin()) {
      LiveState.Cut state = cut.state();
      state.pages().store(commit);
      Records.store(state.records(), commit);
      long used =
          header.usedBlocks() + SpaceRecords.store(commit, state.allocated(), state.freed());
      // what is shared anew was not before
      SpaceRecords.storeBits(commit, BeyondFamily.TABLE, state.unshared(), false);
      SpaceRecords.storeBits(commit, BeyondFamily.TABLE, state.shared(), true);
      commit.putRecord(StoreHeader.KEY, header.withUsedBlocks(used).encode());
      commit.commit();
      return used;
    }
  }

  private void handBack() throws IOException {
    while (!quarantine.isEmpty() && engine.epochs.isPast(quarantine.peek().ticket())) {
      Runs runs = quarantine.poll().runs();
      long blocks = runs.blocks();
      engine.allocator.release(runs);
      quarantinedBlocks.addAndGet(-blocks);
    }
  }
}
