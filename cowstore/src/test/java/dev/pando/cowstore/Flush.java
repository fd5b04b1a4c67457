package dev.pando.cowstore;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waits for a sync. */
final class Flush implements SyncListener {
  private static final long LONGEST_MINUTES = 5;

  private final CountDownLatch completed = new CountDownLatch(1);
  private volatile StoreException failure;

  @Override
  public void completed(StoreException cause) {
    failure = cause;
    completed.countDown();
  }

  /** Waits until the sync is durable; throws what it failed with. */
  void await() throws StoreException, InterruptedException {
    if (!completed.await(LONGEST_MINUTES, TimeUnit.MINUTES)) {
      throw new AssertionError("a sync was not answered within " + LONGEST_MINUTES + " minutes");
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Whether the store has said that it is durable. */
  boolean isDurable() {
    return completed.getCount() == 0 && failure == null;
  }

  static void sync(CowFile file) throws StoreException, InterruptedException {
    Flush flush = new Flush();
    file.sync(false, flush);
    flush.await();
  }
}
