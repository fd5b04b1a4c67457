package dev.pando.cowstore;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves fsync. Where nothing is left to be flushed it is served at once. Else a thread takes one
 * request, reads how far the log is, flushes the segments of its file, appends a mark and waits for
 * a flush of the journal. So a request is served by flushes that began after it came; those that
 * wait for the same one share it, and nobody waits for the data of another file.
 */
final class Flusher {
  private static final Logger LOG = LoggerFactory.getLogger(Flusher.class);
  private static final int THREADS = 16;

  /** Writers that flush by themselves at a time; others leave it to the fsync that follows. */
  private static final int MOST_AHEAD = 8;

  /** Files that one mark names; more are left to a commit. */
  private static final int MOST_MARKED = 4_096;

  /** So long after the last request it counts as busy still. */
  private static final long BUSY_NANOS = 100_000_000;

  /**
   * Stands behind the last request: whoever takes it puts it back for the next thread, and ends.
   */
  private static final Request END = new Request(null, true, failure -> {});

  /**
   * A request.
   *
   * @param file null for the changes that are not data
   */
  private record Request(CowFile file, boolean dataOnly, SyncListener listener) {}

  private final Engine engine;
  private final LinkedBlockingQueue<Request> requests = new LinkedBlockingQueue<>();
  private final List<BackgroundThread> threads = new ArrayList<>();
  private volatile boolean stopping;
  private final AtomicInteger ahead = new AtomicInteger();

  /** How many threads have not ended. */
  private final AtomicInteger serving = new AtomicInteger(THREADS);

  private volatile long lastRequest = System.nanoTime() - BUSY_NANOS;

  Flusher(Engine engine) {
    this.engine = engine;
    for (int i = 0; i < THREADS; i++) {
      threads.add(new BackgroundThread("pando-flush-" + i, engine.health, this::serve));
    }
  }

  void start() {
    threads.forEach(BackgroundThread::start);
  }

  void sync(CowFile file, boolean dataOnly, SyncListener listener) {
    lastRequest = System.nanoTime();
    if (file != null) {
      file.syncHabit.synced();
      if (isDurable(file, dataOnly)) {
        listener.completed(null);
        return;
      }
    }
    Request request = new Request(file, dataOnly, listener);
    requests.add(request);
    if ((stopping || serving.get() == 0) && requests.remove(request)) {
      listener.completed(refusal()); // the threads may have ended; what they took they serve
    }
  }

  /**
   * Makes durable, in the caller's thread, what an fsync is expected to ask for. A failure is
   * reported by that fsync.
   */
  void syncAhead(CowFile file) {
    lastRequest = System.nanoTime();
    try {
      if (ahead.incrementAndGet() <= MOST_AHEAD
          && file.sharedInto <= engine.committer.committedTo()) {
        StoreException unused = tryFlush(List.of(file), true, false);
      }
    } finally {
      ahead.decrementAndGet();
    }
  }

  /**
   * Makes durable, in the caller's thread, what files hold and every change that is not data. Files
   * may have been removed meanwhile, so nothing is recorded of them, not even their times.
   *
   * @throws StoreException if that failed, or had failed before
   */
  void syncNow(Collection<CowFile> files) throws StoreException {
    lastRequest = System.nanoTime();
    StoreException failure = tryFlush(files, true, true);
    lastRequest = System.nanoTime();
    if (failure != null) {
      throw failure;
    }
  }

  /** Whether an fsync has nothing to do. */
  private boolean isDurable(CowFile file, boolean dataOnly) {
    long committed = engine.committer.committedTo();
    if (!engine.health.isSound()
        || (!dataOnly && file.dataTime > file.recordedTime)
        || file.sharedInto > committed
        || file.lastRecord > Math.max(file.markedTo, committed)) {
      return false;
    }
    return file.unflushed.areFlushed(engine.segments);
  }

  /** Whether someone waits for a flush, or did so just now. */
  boolean isBusy() {
    return System.nanoTime() - lastRequest < BUSY_NANOS;
  }

  /** Serves what waits, and ends the threads. */
  void stop() {
    threads.forEach(BackgroundThread::letEnd);
    stopping = true;
    requests.add(END);
    threads.forEach(BackgroundThread::awaitEnd);
  }

  /** Why nothing is served any more. */
  private StoreException refusal() {
    try {
      engine.health.checkCommittable();
    } catch (StoreException failed) {
      return failed;
    }
    return new StoreException(StoreException.Reason.READ_ONLY, "the store is closed");
  }

  private void serve() {
    try {
      for (Request next = requests.take(); !next.equals(END); next = requests.take()) {
        serve(next);
      }
      requests.add(END);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (serving.decrementAndGet() == 0) {
        refuseAll();
      }
    }
  }

  /** Nobody is left to serve what waits still. */
  private void refuseAll() {
    for (Request next = requests.poll(); next != null; next = requests.poll()) {
      complete(next, refusal());
    }
  }

  /** What a listener does with the answer is its own affair. */
  private static void complete(Request request, StoreException failure) {
    try {
      request.listener.completed(failure);
    } catch (RuntimeException e) {
      LOG.error("a fault of who waited for an fsync: what it does then may not have been done", e);
    }
  }

  private void serve(Request request) {
    CowFile file = request.file;
    List<CowFile> files = file == null ? List.of() : List.of(file);
    StoreException failure;
    try {
      failure = tryFlush(files, request.dataOnly, file == null);
    } catch (Error e) {
      complete(request, engine.health.failed("fsync", e));
      throw e;
    }
    lastRequest = System.nanoTime();
    complete(request, failure);
  }

  /** Returns why it failed, or null. After a failed flush every other fails too. */
  private StoreException tryFlush(Collection<CowFile> files, boolean dataOnly, boolean changes) {
    try {
      flush(files, dataOnly, changes);
      return null;
    } catch (StoreException e) {
      return e;
    } catch (IOException | RuntimeException e) {
      return engine.health.failed("fsync", e);
    }
  }

  private void flush(Collection<CowFile> files, boolean dataOnly, boolean changes)
      throws IOException {
    engine.health.checkOpen();
    engine.health.checkCommittable();
    if (!dataOnly) {
      for (CowFile file : files) {
        if (file.dataTime > file.recordedTime) {
          recordTime(file);
        }
      }
    }
    long to = engine.log.lastRecord();
    long committed = engine.committer.committedTo();
    boolean needsCommit = false;
    List<CowFile> marked = new ArrayList<>();
    for (CowFile file : files) {
      file.window.flushed();
      file.unflushed.flush(engine.segments);
      needsCommit |= file.sharedInto > committed;
      if (file.lastRecord > Math.max(file.markedTo, committed)) {
        marked.add(file);
      }
    }
    if (needsCommit || marked.size() > MOST_MARKED) {
      engine.committer.commitThrough(to);
    } else if (!marked.isEmpty()
        || (changes && engine.log.lastChange() > Math.max(engine.log.markedTo(), committed))) {
      engine.log.mark(marked, to);
    }
    engine.health.checkCommittable(); // after an error nothing is claimed
  }

  private void recordTime(CowFile file) throws StoreException {
    engine.reserve(WritePath.RECORD_BYTES, 1);
    try {
      Scratch scratch = engine.scratch();
      scratch.extents.clear();
      engine.log.write(file, 0, scratch.path, scratch.extents, 0, file.dataTime);
    } finally {
      engine.giveBack(WritePath.RECORD_BYTES, 1);
    }
  }
}
