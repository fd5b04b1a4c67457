package dev.pando.daemon.vm;

import com.sun.management.OperatingSystemMXBean;
import dev.pando.daemon.vm.making.ProgressListener;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Keeps work that reads much of the store from taking the disk from the guests, and says how far it
 * is. While nobody else needs the daemon it goes as fast as it can. Used by one thread.
 */
final class Throttle {
  /** What is read in a second at most beside guests: 256 MiB. */
  private static final double BYTES_PER_NANO = 256.0 * (1 << 20) / 1e9;

  /** How often it looks whether there is other work. */
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** Other threads that need more than this part of a processor serve somebody. */
  private static final double MOST_OTHERS = 0.2;

  private final ProgressListener progress;
  private final long totalBytes;
  private final Time time;

  private long lookedAt;
  private long othersAtLook;
  private long bytesAtLook;
  private boolean beside;

  /** The clock, and what others do meanwhile. */
  interface Time {
    long nanos();

    void sleep(long nanos);

    /** What the process's other threads have used of processors so far. */
    long othersNanos();
  }

  /** As it passes for this process. */
  static final class RealTime implements Time {
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final OperatingSystemMXBean system =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    @Override
    public long nanos() {
      return System.nanoTime();
    }

    @Override
    public void sleep(long nanos) {
      LockSupport.parkNanos(nanos);
    }

    @Override
    public long othersNanos() {
      return system.getProcessCpuTime() - threads.getCurrentThreadCpuTime();
    }
  }

  Throttle(ProgressListener progress, long totalBytes) {
    this(progress, totalBytes, new RealTime());
  }

  Throttle(ProgressListener progress, long totalBytes, Time time) {
    this.progress = progress;
    this.totalBytes = totalBytes;
    this.time = time;
    lookedAt = time.nanos();
    othersAtLook = time.othersNanos();
  }

  /** Told of what was read so far; false if nobody wants the work any more. */
  boolean goesOn(long readBytes) {
    progress.progressed(Math.min(readBytes, totalBytes), totalBytes);
    if (beside) {
      long allowed = (long) ((readBytes - bytesAtLook) / BYTES_PER_NANO);
      time.sleep(lookedAt + allowed - time.nanos());
    }
    long elapsed = time.nanos() - lookedAt;
    if (elapsed >= LOOK_NANOS) {
      long others = time.othersNanos();
      beside = others - othersAtLook > elapsed * MOST_OTHERS;
      lookedAt += elapsed;
      othersAtLook = others;
      bytesAtLook = readBytes;
    }
    return progress.isWanted();
  }
}
