package dev.pando.cowstore;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.catalog.Catalog;
import dev.pando.cowstore.catalog.DamagedCatalogException;
import dev.pando.cowstore.catalog.RecordVisitor;
import dev.pando.cowstore.io.LibC;
import dev.pando.cowstore.io.NativeIo;
import dev.pando.cowstore.segment.Between;
import dev.pando.cowstore.segment.Block;
import dev.pando.cowstore.segment.Segments;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A copy-on-write block store: files of 4 KiB blocks that can be forked in constant time, and
 * records of the layer above, in one directory of the host. Thread-safe.
 *
 * <p>What a method has acknowledged survives the end of the process at any instant; what was synced
 * or committed survives the loss of power.
 */
public final class CowStore implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CowStore.class);

  private static final long SETTLE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final StoreDirectory directory;
  private final Engine engine;

  private CowStore(StoreDirectory directory, Engine engine) {
    this.directory = directory;
    this.engine = engine;
  }

  /**
   * Loads the native libraries that a store needs, which the first {@link #open} does otherwise: a
   * tenth of a second that a starting program may have a second thread for.
   */
  public static void loadLibraries() {
    Catalog.loadLibrary();
    LibC.errno();
  }

  /**
   * Opens a store, and brings in what its journal holds.
   *
   * @throws StoreException IN_USE, FORMAT, LOSS, or IO
   */
  public static CowStore open(Path directory, StoreOptions options) throws StoreException {
    return open(directory, options, last -> {});
  }

  /**
   * As {@link #open(Path, StoreOptions)}.
   *
   * @param survived told a record number before anything new is recorded: the Changes that {@link
   *     Change#witness} was told this number about, or a lower one, are there, and no others. If
   *     this process ends before it returns, the next opening tells the same number
   */
  public static CowStore open(Path directory, StoreOptions options, LongConsumer survived)
      throws StoreException {
    try {
      StoreDirectory held = StoreDirectory.open(directory, options.create());
      try {
        held.claim(options.acceptLoss());
        CowStore store = new CowStore(held, Opening.open(held, options, survived));
        held = null;
        return store;
      } finally {
        if (held != null) {
          held.abandon();
        }
      }
    } catch (IOException e) {
      throw Health.translate(e);
    }
  }

  /**
   * Looks whether this program knows the format of a store, which another may have open.
   *
   * @throws StoreException FORMAT if it does not; IO
   */
  public static void checkFormat(Path directory) throws StoreException {
    try {
      StoreDirectory.checkFormat(directory);
    } catch (IOException e) {
      throw Health.translate(e);
    }
  }

  /**
   * Verifies a store that is not in use: every map, every entry, the epochs, the free space, the
   * counters. One that was not closed is brought in order from its journal first; if that is
   * refused as a LOSS, this is damage too, nothing is changed, and the rest is verified as of the
   * last commit.
   *
   * @param repair puts right what follows from the maps, unless those are damaged
   * @throws StoreException IN_USE, FORMAT or IO, as {@link #open}
   */
  public static CheckReport check(Path path, boolean repair) throws StoreException {
    return check(path, StoreOptions.defaults(), repair);
  }

  static CheckReport check(Path path, StoreOptions options, boolean repair) throws StoreException {
    try (StoreDirectory directory = StoreDirectory.open(path, false)) {
      List<String> damage = Catalog.damageOf(directory.catalog());
      if (!damage.isEmpty()) {
        return CheckReport.ofDamage(damage);
      }
    } catch (IOException e) {
      throw Health.translate(e);
    }
    List<String> findings;
    try {
      CowStore store = open(path, options);
      findings = store.findings();
      store.close();
    } catch (StoreException e) {
      if (e.getCause() instanceof DamagedCatalogException) {
        return checkClosed(path, false);
      }
      if (e.reason() == Reason.LOSS) {
        return checkClosed(path, false).withDamage(e.getMessage());
      }
      throw e;
    }
    return checkClosed(path, repair).withFindings(findings);
  }

  /** {@link #check} of a store that was closed. */
  static CheckReport checkClosed(Path path, boolean repair) throws StoreException {
    try (StoreDirectory directory = StoreDirectory.open(path, false);
        Catalog catalog = Catalog.open(directory.catalog());
        Segments segments = Segments.open(directory.segments(), new NativeIo())) {
      return StoreCheck.of(catalog, segments, repair);
    } catch (IOException e) {
      throw Health.translate(e);
    }
  }

  /** The file with this number; throws NO_SUCH_FILE. */
  public CowFile file(long fileId) throws StoreException {
    return briefly(() -> engine.files.get(fileId));
  }

  /** Whether there is a file with this number. */
  public boolean hasFile(long fileId) throws StoreException {
    return briefly(() -> engine.files.find(fileId) != null);
  }

  /** A record of the layer above, or null. */
  public byte[] record(byte[] key) throws StoreException {
    return briefly(() -> engine.state.records.get(ChangeRecord.userKey(key)));
  }

  /**
   * Visits the records of the layer above from {@code from}, inclusive, to {@code to}, exclusive,
   * in the unsigned order of their keys, until the visitor returns false. What changes meanwhile
   * may be seen or not.
   *
   * <p>The visitor must be short, for the catalog grows and can not be compacted while it runs. It
   * may ask for records; it must not ask for a {@linkplain #file file} or its data, nor change or
   * commit anything: who looks into the catalog while it loads a file may wait for the compaction
   * that waits for this scan.
   */
  public void scan(byte[] from, byte[] to, RecordVisitor visitor) throws StoreException {
    using(
        () -> {
          engine.state.records.scan(
              ChangeRecord.userKey(from),
              ChangeRecord.userKey(to),
              (key, value) -> visitor.record(Arrays.copyOfRange(key, 1, key.length), value));
          return null;
        });
  }

  /** An empty batch of changes. */
  public Change change() {
    return new Change(engine);
  }

  /**
   * A number that was never handed out before and never will be again, from 2 on. It must be used,
   * if at all, in a {@link Change} applied before the store is closed.
   */
  public long nextNumber() {
    return engine.state.nextNumber.getAndIncrement();
  }

  /** Makes every change applied before the call durable, then tells the listener; does not wait. */
  public void sync(SyncListener listener) {
    engine.flusher.sync(null, false, listener);
  }

  /**
   * Makes durable what these files hold, and every change applied before the call; returns when it
   * is. It costs a flush of what the files wrote and one of the journal, where a commit costs what
   * everybody wrote. A fork whose source is among the files is durable too, as of its instant.
   * Files may have been removed since; of those written in place, the time of that may be a second
   * old.
   *
   * @throws StoreException IO if it failed; then the store takes no more changes
   */
  public void sync(Collection<CowFile> files) throws StoreException {
    engine.flusher.syncNow(files);
  }

  /** Commits everything applied and written before the call; returns when it is durable. */
  public void commit() throws StoreException {
    engine.committer.commitAll();
  }

  /**
   * Commits everything, so that a process that takes over has little to bring in, and nothing of
   * what the host could not write before, for other programs, is held against what it finds.
   */
  public void handOver() throws StoreException {
    try {
      engine.options.hold().sync();
    } catch (IOException e) {
      LOG.warn("The host could not write something: {}", e.getMessage());
    }
    engine.committer.commitAll(); // fails if it was the store's
  }

  /** The store's figures. */
  public StoreStats stats() {
    long stored = engine.committer.usedBlocks() << Block.SHIFT;
    long returning = engine.committer.returningBlocks() << Block.SHIFT;
    long available = engine.allocator.availableBytes() + returning;
    long capacity = stored + available + setAsideBytes();
    int damaged = engine.reclaimer.damagedTrees();
    return new StoreStats(stored, engine.metadataBytes(), returning, available, capacity, damaged);
  }

  /** What the store's files take on the host, as du(1) counts it. */
  public long hostBytes() throws StoreException {
    try {
      return engine.segments.hostBytes() + engine.metadataBytes();
    } catch (IOException e) {
      throw Health.translate(e);
    }
  }

  /**
   * By how much the stored bytes would shrink if these files were removed, all of them together,
   * and what was shared otherwise than by fork swept. Looks at every map page if there is such.
   */
  public long freedIfRemovedBytes(Collection<CowFile> files) throws StoreException {
    return using(() -> FreedSpace.blocks(engine, files) << Block.SHIFT);
  }

  /**
   * For each group of files, what only they can reach; blocks that are, or were, shared otherwise
   * than by fork are left out. Looks at every map page if there are such.
   */
  public long[] ownBytes(List<? extends Collection<CowFile>> groups) throws StoreException {
    long[] own = using(() -> FreedSpace.ownBlocks(engine, groups));
    for (int i = 0; i < own.length; i++) {
      own[i] <<= Block.SHIFT;
    }
    return own;
  }

  /**
   * How many bytes more would be stored if no blocks were shared but by fork: what {@link #dedupe}
   * and copies of ranges save. Looks at every map page.
   */
  public long sharedOtherwiseBytes() throws StoreException {
    if (engine.state.beyond.size() == 0) {
      return 0;
    }
    return using(
        () -> {
          engine.committer.commitThrough(engine.log.lastRecord());
          return SharedOtherwise.blocks(engine) << Block.SHIFT;
        });
  }

  /** The quota of a group of files, or of the whole store: {@link Change#limit}. */
  public Quota quota(long group) {
    Account account = engine.state.accounts.find(group);
    return account == null ? new Quota(Quota.NONE, 0) : account.quota();
  }

  /** Whether what the files of a group have is counted, against a limit or not. */
  public boolean isCounted(long group) {
    return engine.state.accounts.find(group) != null;
  }

  /** Whether any group of files has a quota, or the store a limit. */
  public boolean hasQuotas() {
    return !engine.state.accounts.isEmpty();
  }

  /** What the store may take on the host; {@link Quota#NONE} without a limit. */
  public long limitBytes() {
    return engine.state.accounts.storeLimitBytes();
  }

  /** Limits what the store may take on the host, metadata included; {@link Quota#NONE}: no more. */
  public void limit(long bytes) throws StoreException {
    change().limit(Accounts.STORE, bytes).apply();
    commit();
    try {
      engine.allocator.refreshCapacity();
    } catch (IOException e) {
      throw Health.translate(e);
    }
  }

  /**
   * Keeps space for files that {@linkplain CowFile#drawOnSetAside draw} on it: no others get it,
   * and {@link StoreStats#availableBytes} has it taken off. It replaces what was set aside before,
   * may be more than there is, and ends with the process.
   */
  public void setAside(long bytes) {
    engine.allocator.setAside(bytes);
  }

  /**
   * What may still be stored beside what is set aside, asked of the host now; negative if more is
   * set aside than there is.
   */
  public long roomBytes() throws StoreException {
    try {
      engine.allocator.refreshCapacity();
      long returning = engine.committer.returningBlocks() << Block.SHIFT;
      return engine.allocator.signedAvailableBytes() + returning;
    } catch (IOException e) {
      throw Health.translate(e);
    }
  }

  /** What is {@linkplain #setAside set aside}. */
  public long setAsideBytes() {
    return engine.allocator.setAsideBytes();
  }

  /** What the store can do at the moment. */
  public StoreState state() {
    return engine.health.state();
  }

  /** Whether space is on its way back in the background. */
  public boolean isReclaiming() {
    return engine.reclaimer.isBusy() || engine.committer.quarantinedBlocks() > 0;
  }

  /**
   * Brings back all the space that nothing refers to, also of blocks that were shared otherwise
   * than by a fork; returns when it may be used again. What is removed meanwhile may be seen or
   * not.
   */
  public void reclaim() throws StoreException {
    using(
        () -> {
          giveBack();
          engine.allocator.trim(false, engine.health::checkOpen);
          return null;
        });
  }

  private void giveBack() throws StoreException {
    settle();
    if (!engine.reclaimer.sweep(Long.MAX_VALUE / 2_000_000)) {
      engine.health.checkWritable();
      throw new StoreException(
          Reason.IO, "the maps could not be read whole: nothing more is given back");
    }
    settle();
  }

  /**
   * {@link #reclaim}, and makes the store's files as small as they can be: gives the host back
   * every free block, and writes the catalog anew, for which it must have room.
   */
  public void compact() throws StoreException {
    using(
        () -> {
          giveBack();
          engine.checksummer.dropGone();
          discardIndex();
          engine.committer.commitAll();
          engine.allocator.closeIdleWindows();
          engine.allocator.trim(true, engine.health::checkOpen);
          engine.committer.compact();
          engine.allocator.refreshCapacity();
          return null;
        });
  }

  /**
   * Looks for equal blocks among files, and has them stored once; beside everything else, by the
   * calling thread. Only blocks that nothing but one of the files owns are replaced, by those of
   * what comes earlier, or of files that were searched before, whose blocks an index remembers.
   *
   * @param mayGive whether a file, by its id, may have its blocks shared with these
   */
  public DedupeReport dedupe(List<CowFile> files, LongPredicate mayGive, ReadingListener listener)
      throws StoreException {
    return dedupe(new Dedupe(engine, mayGive, listener), search -> search.run(files));
  }

  /** The same for a part of one file, from {@code offset} on, to where the listener ends it. */
  public DedupeReport dedupe(
      CowFile file, long offset, LongPredicate mayGive, ReadingListener listener)
      throws StoreException {
    return dedupe(new Dedupe(engine, mayGive, listener), search -> search.runPart(file, offset));
  }

  /**
   * From now on the calling thread yields the processor to those that serve requests: for work in
   * the background.
   */
  public static void yieldToRequests() {
    BackgroundThread.yieldToRequests();
  }

  @FunctionalInterface
  private interface Search {
    DedupeReport run(Dedupe search) throws IOException;
  }

  /** One after the other. */
  private DedupeReport dedupe(Dedupe dedupe, Search search) throws StoreException {
    return using(
        () -> {
          engine.deduping.lock();
          try {
            engine.health.checkWritable();
            return search.run(dedupe);
          } finally {
            engine.deduping.unlock();
          }
        });
  }

  private void discardIndex() throws IOException {
    engine.deduping.lock();
    try {
      engine.index.discard();
    } finally {
      engine.deduping.unlock();
    }
  }

  /**
   * Reads all data and all map pages and verifies what has a checksum; beside everything else, by
   * the calling thread. What can not change any more gets its checksum in the background.
   */
  public ScrubReport scrub(ReadingListener listener) throws StoreException {
    return using(() -> new Scrub(engine, listener).run());
  }

  /** One sweep by the calling thread, while no other goes on. For tests. */
  void sweep(Between between) throws StoreException {
    using(
        () -> {
          new Sweeper(engine).sweep(between);
          return null;
        });
  }

  /**
   * What of its data the store was found to have lost when it was opened: a sentence for each
   * segment file that is missing or cut short. Reading it is an IO error.
   */
  public List<String> losses() {
    return engine.losses;
  }

  /**
   * What else was found when the store was opened, a sentence each: that what was not synced may be
   * lost, and what of the journal was lost and accepted.
   */
  public List<String> findings() {
    return engine.findings;
  }

  /** Its parts. For tests. */
  Engine engine() {
    return engine;
  }

  /** Commits every record; what was written in place is left to the host. For tests. */
  void commitRecords() throws StoreException {
    engine.committer.commitThrough(engine.log.lastRecord());
  }

  /** Has everything that can not change given its checksum; returns when that is done. */
  void checksum() throws StoreException {
    using(
        () -> {
          engine.checksummer.makeAll();
          return null;
        });
  }

  /** Waits for what is on its way back; what writers free meanwhile is waited for only so long. */
  private void settle() throws StoreException {
    do {
      engine.health.checkWritable();
      engine.committer.commitAll();
      LockSupport.parkNanos(SETTLE_NANOS);
    } while (engine.reclaimer.isBusy());
    engine.committer.commitAll();
    engine.committer.awaitQuarantine();
  }

  /** What is done with the open store. */
  @FunctionalInterface
  private interface Work<T> {
    T run() throws IOException;
  }

  /** Does what is no more than a look or two into the catalog. */
  private <T> T briefly(Work<T> work) throws StoreException {
    Scratch scratch = engine.scratch();
    engine.epochs.enter(scratch.slot);
    try {
      return whileOpen(work);
    } finally {
      engine.epochs.leave(scratch.slot);
    }
  }

  /** Does what may last, and would hold up what waits for requests to end: {@link Engine#using}. */
  private <T> T using(Work<T> work) throws StoreException {
    engine.using.readLock().lock();
    try {
      return whileOpen(work);
    } finally {
      engine.using.readLock().unlock();
    }
  }

  private <T> T whileOpen(Work<T> work) throws StoreException {
    try {
      engine.health.checkOpen();
      return work.run();
    } catch (IOException e) {
      throw Health.translate(e);
    }
  }

  /**
   * Commits everything and closes the store. Requests that are under way end first; what takes long
   * is broken off at its next step, with an exception.
   */
  @Override
  public void close() throws StoreException {
    if (engine.health.state() == StoreState.CLOSED) {
      return;
    }
    quiesce();
    engine.using.writeLock().lock(); // what lasts is breaking off
    try {
      engine.committer.commit(true);
      directory.closed();
    } catch (IOException e) {
      throw Health.translate(e);
    } finally {
      try {
        releaseFiles();
      } finally {
        engine.using.writeLock().unlock();
      }
    }
  }

  /** Ends as a crash of the process would: nothing more is committed. For tests. */
  void abandon() throws StoreException {
    quiesce();
    engine.using.writeLock().lock();
    try {
      releaseFiles();
    } finally {
      engine.using.writeLock().unlock();
    }
  }

  private void quiesce() {
    engine.flusher.stop();
    engine.reclaimer.stop();
    engine.checksummer.stop();
    engine.health.close();
    engine.committer.stop();
    long ticket = engine.epochs.advance();
    while (!engine.epochs.isPast(ticket)) {
      Thread.onSpinWait();
    }
  }

  private void releaseFiles() throws StoreException {
    try {
      engine.catalog.close();
      engine.segments.close();
      engine.journal.close();
      engine.index.close();
      engine.options.hold().close();
      directory.close();
    } catch (IOException e) {
      throw Health.translate(e);
    }
  }
}
