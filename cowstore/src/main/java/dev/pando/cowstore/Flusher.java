package dev.pando.cowstore;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Serves fsync. A few threads each take all requests that wait, read how far the log is, flush the
 * segments of their files, append one mark and wait for one flush of the journal. So a request is
 * served by a flush that began after it came, and many share one.
 */
final class Flusher {
  private static final int THREADS = 4;

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

  Flusher(Engine engine) {
    this.engine = engine;
    for (int i = 0; i < THREADS; i++) {
      threads.add(new BackgroundThread("pando-flush-" + i, this::serve));
    }
  }

  void start() {
    threads.forEach(BackgroundThread::start);
  }

  void sync(CowFile file, boolean dataOnly, SyncListener listener) {
    Request request = new Request(file, dataOnly, listener);
    requests.add(request);
    if (stopping && requests.remove(request)) {
      listener.completed(closed()); // the threads may have ended; what they took they serve
    }
  }

  /** Serves what waits, and ends the threads. */
  void stop() {
    stopping = true;
    requests.add(END);
    threads.forEach(BackgroundThread::awaitEnd);
  }

  private static StoreException closed() {
    return new StoreException(StoreException.Reason.READ_ONLY, "the store is closed");
  }

  private void serve() {
    List<Request> group = new ArrayList<>();
    boolean ended = false;
    while (!ended) {
      try {
        group.add(requests.take());
      } catch (InterruptedException e) {
        return;
      }
      requests.drainTo(group);
      ended = group.remove(END);
      if (!group.isEmpty()) {
        serve(group);
      }
      group.clear();
    }
    requests.add(END);
  }

  private void serve(List<Request> group) {
    StoreException failure = null;
    try {
      flush(group);
    } catch (StoreException e) {
      failure = e;
    } catch (IOException | RuntimeException e) {
      failure = engine.health.fail("fsync", e instanceof IOException io ? io : new IOException(e));
    }
    for (Request request : group) {
      request.listener.completed(failure);
    }
  }

  private void flush(List<Request> group) throws IOException {
    engine.health.checkOpen();
    engine.health.checkCommittable();
    Set<CowFile> files = new LinkedHashSet<>();
    boolean changes = false;
    for (Request request : group) {
      if (request.file == null) {
        changes = true;
      } else {
        files.add(request.file);
        if (!request.dataOnly && request.file.dataTime > request.file.recordedTime) {
          recordTime(request.file);
        }
      }
    }
    long to = engine.log.lastRecord();
    boolean commit = false;
    List<CowFile> marked = new ArrayList<>();
    long committed = engine.committer.committedTo();
    for (CowFile file : files) {
      file.window.flushed();
      for (int segment : file.segments()) {
        engine.segments.flush(segment);
      }
      commit |= file.sharedInto > committed;
      if (file.lastRecord > Math.max(file.markedTo, committed)) {
        marked.add(file);
      }
    }
    changes &= engine.log.lastChange() > Math.max(engine.log.markedTo(), committed);
    if (commit) {
      engine.committer.commitThrough(to);
    } else if (changes || !marked.isEmpty()) {
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
