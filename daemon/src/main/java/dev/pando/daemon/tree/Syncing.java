package dev.pando.daemon.tree;

import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.StoreException;
import java.util.concurrent.CompletableFuture;

/** Waiting for a flush, where a caller has nothing else to do. Never under a lock. */
final class Syncing {
  private Syncing() {}

  /** Returns when what was written to {@code file} before is durable. */
  static void await(CowFile file) throws ErrnoException {
    CompletableFuture<StoreException> done = new CompletableFuture<>();
    file.sync(false, done::complete);
    int errno = StoreErrors.errnoOfSync(done.join());
    if (errno != 0) {
      throw new ErrnoException(errno);
    }
  }
}
