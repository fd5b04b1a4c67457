package dev.pando.daemon;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreState;
import dev.pando.cowstore.StoreStats;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns in the log before the space of a store runs out, and when it has come back. Space is low
 * when less than a tenth of what there is and less than 20 GiB are left. Thread-safe.
 */
final class SpaceWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SpaceWatch.class);
  private static final long SECONDS_BETWEEN = 10;
  private static final long LOW_BYTES = 20L << 30;
  private static final int LOW_PART = 10;

  private final CowStore store;
  private final Runnable swap;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "pando-space");
            thread.setDaemon(true);
            return thread;
          });

  /** Whether it was low at the last look of the timer's thread. */
  private boolean wasLow;

  /** Whether a fault of the timer's thread was told. */
  private boolean told;

  private SpaceWatch(CowStore store, Runnable swap) {
    this.store = store;
    this.swap = swap;
  }

  /**
   * @param swap looks how much is to be kept for swap
   */
  @SuppressWarnings("FutureReturnValueIgnored") // it ends with the timer
  static SpaceWatch start(CowStore store, Runnable swap) {
    SpaceWatch watch = new SpaceWatch(store, swap);
    watch.timer.scheduleWithFixedDelay(watch::lookAgain, 0, SECONDS_BETWEEN, TimeUnit.SECONDS);
    return watch;
  }

  static boolean isLow(StoreStats stats) {
    long available = stats.availableBytes();
    return available < LOW_BYTES && available < stats.capacityBytes() / LOW_PART;
  }

  /** The timer would look never again after a fault. */
  private void lookAgain() {
    try {
      look();
    } catch (RuntimeException e) {
      if (!told) {
        LOG.error("How much space is left could not be looked at; it is tried again", e);
      }
      told = true;
    }
  }

  private void look() {
    if (store.state() != StoreState.READY) {
      return;
    }
    try {
      swap.run();
    } catch (RuntimeException e) {
      LOG.error("How much is to be kept for swap could not be looked at", e);
    }
    StoreStats stats = store.stats();
    boolean low = isLow(stats);
    if (low && !wasLow) {
      LOG.warn(
          "Space is low: {} MiB of {} MiB are left. Remove VMs, run pando reclaim, or make the"
              + " host's disk or the store's limit larger",
          stats.availableBytes() >> 20,
          stats.capacityBytes() >> 20);
    } else if (wasLow && !low) {
      LOG.info("Space is not low any more: {} MiB are left", stats.availableBytes() >> 20);
    }
    wasLow = low;
  }

  @Override
  public void close() {
    timer.shutdownNow();
    boolean interrupted = false;
    boolean ended = false;
    while (!ended) {
      try {
        ended = timer.awaitTermination(SECONDS_BETWEEN, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
