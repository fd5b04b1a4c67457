package dev.pando.daemon.vm;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Work that reads the whole store leaves room for others, where there are any. */
final class ThrottleTest {
  private static final long MIB = 1 << 20;
  private static final int TRIES = 5;

  /** How many MiB a second it lets through, with a step of 4 MiB each 2 ms. */
  private static double rate() {
    Throttle throttle = new Throttle((done, total) -> {}, Long.MAX_VALUE);
    long start = System.nanoTime();
    long read = 0;
    while (System.nanoTime() - start < TimeUnit.MILLISECONDS.toNanos(800)) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
      read += 4 * MIB;
      boolean unused = throttle.goesOn(read);
    }
    return read / (double) MIB / ((System.nanoTime() - start) / 1e9);
  }

  @Test
  void besideOthersItReadsAtASteadyPace() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    Thread other =
        new Thread(
            () -> {
              while (!over.get()) {
                Thread.onSpinWait();
              }
            });
    other.start();
    try {
      double rate = rate();
      assertTrue(rate < 450, rate + " MiB/s"); // it begins at full speed, until it has looked
    } finally {
      over.set(true);
      other.join();
    }
  }

  @Test
  void aloneItIsNotHeldBack() {
    double best = 0;
    for (int i = 0; i < TRIES && best < 500; i++) { // the JVM's own threads may be busy at first
      best = Math.max(best, rate());
    }
    assertTrue(best >= 500, best + " MiB/s");
  }
}
