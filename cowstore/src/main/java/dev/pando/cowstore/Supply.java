package dev.pando.cowstore;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.segment.Allocator;
import dev.pando.cowstore.segment.Block;
import dev.pando.cowstore.segment.Runs;
import dev.pando.cowstore.segment.Window;
import java.io.IOException;

/**
 * Free blocks, with space on the host, for one reservation. What is not taken is given back at the
 * end. For one thread.
 */
final class Supply implements AutoCloseable {
  private final Allocator allocator;
  private final Window window;
  private final Runs taken = new Runs();
  private long wanted;
  private long next;
  private int left;

  /**
   * @param wanted how many blocks will be taken, as far as known
   */
  Supply(Allocator allocator, Window window, long wanted) {
    this.allocator = allocator;
    this.window = window;
    this.wanted = wanted;
  }

  /**
   * Takes up to {@code most} consecutive blocks, at least one, as {@link Allocator#allocate}.
   *
   * @throws StoreException FULL
   */
  long take(int most) throws IOException {
    if (left == 0) {
      long run = allocator.reserve(window, Math.max(wanted, most));
      if (run < 0) {
        throw new StoreException(
            Reason.FULL, "no space to reserve " + (wanted << Block.SHIFT) + " more bytes");
      }
      next = Runs.address(run);
      left = Runs.count(run);
    }
    int count = Math.min(most, left);
    long run = Runs.pack(next, count);
    taken.add(next, count);
    next += count;
    left -= count;
    wanted -= count;
    return run;
  }

  /** All that was taken. */
  Runs taken() {
    return taken;
  }

  @Override
  public void close() throws IOException {
    if (left > 0) {
      allocator.release(next, left);
      left = 0;
    }
  }
}
