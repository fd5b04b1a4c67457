package dev.pando.daemon.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.testing.Patience;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Work that reads the whole store leaves room for others, where there are any. */
final class ThrottleTest {
  private static final long STEP_BYTES = 4 << 20;
  private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final int STEPS = 1000;

  /** A clock that the test moves; others use a part of a processor all the time. */
  private static final class TestTime implements Throttle.Time {
    private final double others;
    private long now = -5;
    private long slept;

    TestTime(double others) {
      this.others = others;
    }

    @Override
    public long nanos() {
      return now;
    }

    @Override
    public void sleep(long nanos) {
      now += Math.max(0, nanos);
      slept += Math.max(0, nanos);
    }

    @Override
    public long othersNanos() {
      return (long) (now * others);
    }
  }

  private static TestTime read(double others) {
    TestTime time = new TestTime(others);
    Throttle throttle = new Throttle((done, total) -> {}, Long.MAX_VALUE, time);
    for (int step = 1; step <= STEPS; step++) {
      time.now += STEP_NANOS; // the disk gives 2,000 MiB a second
      assertTrue(throttle.goesOn(step * STEP_BYTES));
    }
    return time;
  }

  @Test
  void besideOthersItReadsAtASteadyPace() {
    TestTime time = read(0.5);
    double rate = STEPS * (STEP_BYTES >> 20) / (time.nanos() / 1e9);
    // 256 MiB a second; it begins at full speed, until it has looked
    assertEquals(256, rate, 10);
  }

  @Test
  void aloneItIsNotHeldBack() {
    assertEquals(0, read(0.1).slept);
  }

  @Test
  void whatOtherThreadsDoIsSeen() throws Exception {
    Throttle.Time time = new Throttle.RealTime();
    AtomicBoolean over = new AtomicBoolean();
    Thread other =
        new Thread(
            () -> {
              while (!over.get()) {
                Thread.onSpinWait();
              }
            });
    long before = time.othersNanos();
    other.start();
    try {
      Patience.await(
          "others' time grows",
          () -> time.othersNanos() - before > TimeUnit.MILLISECONDS.toNanos(100));
    } finally {
      over.set(true);
      other.join();
    }
  }
}
