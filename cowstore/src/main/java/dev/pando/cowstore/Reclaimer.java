package dev.pando.cowstore;

import dev.pando.cowstore.map.DeadTree;
import dev.pando.cowstore.map.MapPage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives back, in the background, what only dead epochs could reach: in batches of bounded size,
 * each a journal record; and has epochs joined. After a crash it begins with what is left.
 */
final class Reclaimer implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Reclaimer.class);
  private static final long POLL_SECONDS = 5;

  private final Engine engine;
  private final Semaphore work = new Semaphore(1);
  private final BackgroundThread thread = new BackgroundThread("pando-reclaim", this);
  private final Merger merger;
  private volatile boolean stopping;
  private volatile boolean busy = true;

  Reclaimer(Engine engine) {
    this.engine = engine;
    this.merger = new Merger(engine, () -> stopping);
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
    stopping = true;
    work.release();
    thread.awaitEnd();
  }

  @Override
  public void run() {
    while (!stopping) {
      try {
        if (work.tryAcquire(POLL_SECONDS, TimeUnit.SECONDS)) {
          work.drainPermits();
        }
        while (!stopping
            && (merger.finishOne() || merger.stripOne() || reclaimOne() || merger.beginAll())) {
          // as long as there is anything
        }
        busy = work.availablePermits() > 0 || merger.isWaiting();
      } catch (InterruptedException e) {
        return;
      } catch (IOException | RuntimeException e) {
        busy = false;
        if (engine.health.state() == StoreState.READY) {
          LOG.warn("reclaiming stopped for now", e);
        }
      }
    }
  }

  /** Gives back what one dead epoch holds; false if there is none. */
  private boolean reclaimOne() throws IOException {
    byte[][] found = new byte[2][];
    engine.state.records.scan(
        new byte[] {Epochs.DEAD},
        new byte[] {Epochs.DEAD + 1},
        (key, value) -> {
          found[0] = key;
          found[1] = value;
          return false;
        });
    if (found[0] == null) {
      return false;
    }
    engine.health.checkWritable();
    long epoch = ByteBuffer.wrap(found[0], 1, Long.BYTES).getLong();
    MapPage root = engine.state.pages.load(ByteBuffer.wrap(found[1]).getLong());
    DeadTree tree = new DeadTree(engine.state.pages, epoch);
    tree.walk(
        root,
        (pages, runs) -> {
          if (stopping) {
            throw new StoreException(StoreException.Reason.READ_ONLY, "the store closes");
          }
          engine.log.reclaim(epoch, pages, runs, false);
        });
    engine.log.reclaim(epoch, tree.pages(), tree.runs(), true);
    return true;
  }
}
