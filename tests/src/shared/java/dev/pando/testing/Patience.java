package dev.pando.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * How long a test waits for what must come. A bound is there to tell that nothing comes any more,
 * never to tell that it comes late: what is given is for a machine with nothing else to do, and it
 * grows with the load (proc(5), {@code loadavg}) for each processor, also while it is waited for.
 * {@code -Dpando.test.patience=N} makes all bounds N times as long. No instances; thread-safe.
 */
public final class Patience {
  /** For {@code @Timeout}, which knows no load: what works takes a small part of it anywhere. */
  public static final int HANG_SECONDS = 1200;

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final int TRIES = 5;
  private static final Path LOAD = Path.of("/proc/loadavg");
  private static final double ASKED =
      Double.parseDouble(System.getProperty("pando.test.patience", "1"));

  private Patience() {}

  /** What is waited for. */
  @FunctionalInterface
  public interface Condition<E extends Exception> {
    /** Whether it has come. */
    boolean holds() throws E;
  }

  /** What is to be done within a time. */
  @FunctionalInterface
  public interface Action {
    /** Does it; an AssertionError that it throws is not about the time. */
    void run() throws Exception;
  }

  /** Returns when {@code condition} holds; an AssertionError if it does not within a minute. */
  public static <E extends Exception> void await(String what, Condition<E> condition) throws E {
    await(what, LIMIT, condition);
  }

  /** The same with another bound. */
  public static <E extends Exception> void await(
      String what, Duration quiet, Condition<E> condition) throws E {
    Bound bound = new Bound(quiet);
    while (!condition.holds()) {
      if (bound.isPassed()) {
        throw new AssertionError("waited in vain, " + bound + ", for this: " + what);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** Whether {@code process} ends within the bound; it is left as it is if not. */
  public static boolean ends(Process process, Duration quiet) throws InterruptedException {
    Bound bound = new Bound(quiet);
    while (!process.waitFor(1, TimeUnit.SECONDS)) {
      if (bound.isPassed()) {
        return false;
      }
    }
    return true;
  }

  /** What {@code future} comes to; an AssertionError if nothing comes within the bound. */
  public static <T> T get(String what, Duration quiet, Future<T> future)
      throws InterruptedException, ExecutionException {
    Bound bound = new Bound(quiet);
    while (true) {
      try {
        return future.get(1, TimeUnit.SECONDS);
      } catch (TimeoutException notYet) {
        if (bound.isPassed()) {
          throw new AssertionError("waited in vain, " + bound + ", for this: " + what);
        }
      }
    }
  }

  /**
   * That {@code action} can be done within the bound. It is tried some times: a machine that stood
   * still spoils one try, a fault in the program all of them.
   */
  public static void requireWithin(Duration quiet, Action action) throws Exception {
    Duration took = Duration.ZERO;
    for (int i = 0; i < TRIES; i++) {
      long start = System.nanoTime();
      action.run();
      took = Duration.ofNanos(System.nanoTime() - start);
      if (took.compareTo(scaled(quiet)) <= 0) {
        return;
      }
    }
    throw new AssertionError("took " + took + " and not " + quiet + ", each of " + TRIES + " times");
  }

  /** A bound as it is to be given to something else that waits, for the load as it is now. */
  public static Duration scaled(Duration quiet) {
    return Duration.ofMillis((long) (quiet.toMillis() * factor()));
  }

  /** The same in seconds. */
  public static int seconds(int quiet) {
    return (int) scaled(Duration.ofSeconds(quiet)).toSeconds();
  }

  private static double factor() {
    try {
      String text = Files.readString(LOAD);
      double load = Double.parseDouble(text.substring(0, text.indexOf(' ')));
      return ASKED * Math.max(1, load / Runtime.getRuntime().availableProcessors());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One that is waited for: as long as the highest load meanwhile makes it. */
  private static final class Bound {
    private final long start = System.nanoTime();
    private final Duration quiet;
    private double highest = ASKED;

    Bound(Duration quiet) {
      this.quiet = quiet;
    }

    boolean isPassed() {
      if (elapsed() <= quiet.toNanos() * highest) {
        return false;
      }
      highest = Math.max(highest, factor());
      return elapsed() > quiet.toNanos() * highest;
    }

    private long elapsed() {
      return System.nanoTime() - start;
    }

    @Override
    public String toString() {
      return TimeUnit.NANOSECONDS.toSeconds(elapsed()) + " s";
    }
  }
}
