package dev.pando.daemon.fuse;

import dev.pando.daemon.tree.Completion;
import dev.pando.daemon.tree.ErrnoException;
import java.util.concurrent.CountDownLatch;

/** What did not block, waited for by a thread that has nothing better to do. Used once. */
public final class AwaitedCompletion implements Completion {
  private final CountDownLatch completed = new CountDownLatch(1);
  private volatile int errno;

  @Override
  public void completed(int result) {
    errno = result;
    completed.countDown();
  }

  /**
   * Waits without heed of interruption: the caller was promised an answer.
   *
   * @throws ErrnoException if it failed
   */
  public void await() throws ErrnoException {
    boolean interrupted = false;
    while (true) {
      try {
        completed.await();
        break;
      } catch (InterruptedException again) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (errno != 0) {
      throw new ErrnoException(errno);
    }
  }
}
