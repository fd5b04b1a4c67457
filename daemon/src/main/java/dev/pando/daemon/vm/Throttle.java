package dev.pando.daemon.vm;

import dev.pando.daemon.vm.making.ProgressListener;
import java.util.concurrent.locks.LockSupport;

/**
 * Keeps work that reads much of the store from taking the disk from the guests, and says how far it
 * is. Used by one thread.
 */
final class Throttle {
  /** What is read in a second at most: 256 MiB. */
  private static final double BYTES_PER_NANO = 256.0 * (1 << 20) / 1e9;

  private final ProgressListener progress;
  private final long totalBytes;
  private final long start = System.nanoTime();

  Throttle(ProgressListener progress, long totalBytes) {
    this.progress = progress;
    this.totalBytes = totalBytes;
  }

  /** Told of what was read so far; false if nobody wants the work any more. */
  boolean goesOn(long readBytes) {
    progress.progressed(Math.min(readBytes, totalBytes), totalBytes);
    LockSupport.parkNanos(start + (long) (readBytes / BYTES_PER_NANO) - System.nanoTime());
    return progress.isWanted();
  }
}
