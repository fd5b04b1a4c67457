package dev.pando.tests;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.pando.daemon.host.ProcessFiles;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * strace(1), attached to a daemon, holding up what its threads write to {@code /dev/fuse}: the
 * answers to the kernel.
 */
final class FuseStrace {
  /** How long an answer is held up: by far longer than it takes to see that it is. */
  private static final Duration HOLD = Duration.ofMillis(500);

  private final Process strace;

  /** A line for each answer, written when the thread that gives it is held up. */
  private final Path seen;

  private FuseStrace(Process strace, Path seen) {
    this.strace = strace;
    this.seen = seen;
  }

  /** What is done while strace is attached. */
  interface Action {
    /** Returns whatever its caller wants. */
    int run() throws IOException;
  }

  /**
   * Kills the daemon before it gives an answer to what {@code action} asks, when all is done but
   * that. Every answer is held up for a while; the kill comes in the midst of the right one.
   *
   * @param earlier how many requests the kernel makes for it first; where there are fewer, the
   *     daemon is killed when all is answered
   */
  static int killingBeforeAnswer(MountedStore store, int earlier, Action action)
      throws IOException {
    ProcessHandle daemon = store.daemon();
    FuseStrace strace = attached(store, "delay_enter=" + microseconds(HOLD) + ":when=1+");
    CompletableFuture<Integer> result =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return action.run();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    Patience.await("the answer to be held up", () -> strace.answers() > earlier || result.isDone());
    daemon.destroyForcibly();
    strace.end();
    return result.join();
  }

  /** Stops the thread that has answered, before it does anything else, for so long. */
  static int stoppingAfterAnswer(MountedStore store, int millis, Action action) throws IOException {
    String hold = "delay_exit=" + microseconds(Duration.ofMillis(millis)) + ":when=1";
    return with(attached(store, hold), action);
  }

  private static int with(FuseStrace attached, Action action) throws IOException {
    try {
      return action.run();
    } finally {
      attached.end();
    }
  }

  private static FuseStrace attached(MountedStore store, String injection) throws IOException {
    long daemon = store.daemon().pid();
    Path seen = store.work().resolve("strace");
    Files.deleteIfExists(seen);
    Process strace =
        Program.of(
                "strace",
                "-f",
                "-p",
                Long.toString(daemon),
                "-P",
                "/dev/fuse",
                "-e",
                "trace=write",
                "-e",
                "inject=write:" + injection,
                "-o",
                seen.toString())
            .start();
    FuseStrace attached = new FuseStrace(strace, seen);
    attached.awaitAttached(daemon);
    return attached;
  }

  /** Attached means: every thread of the daemon says so. */
  private void awaitAttached(long daemon) throws IOException {
    try {
      Patience.await(
          "strace attaches to process " + daemon, () -> !strace.isAlive() || isTraced(daemon));
      if (!strace.isAlive()) {
        throw new AssertionError("strace does not attach to process " + daemon);
      }
    } catch (AssertionError failure) {
      strace.destroyForcibly();
      throw failure;
    }
  }

  private boolean isTraced(long daemon) throws IOException {
    Optional<String> tracer = Optional.of(Long.toString(strace.pid()));
    List<ProcessFiles> threads = ProcessFiles.of(daemon).threads();
    for (ProcessFiles thread : threads) {
      Optional<String> traced = thread.status("TracerPid");
      if (traced.isPresent() && !traced.equals(tracer)) {
        return false; // a thread that has ended since needs none
      }
    }
    return !threads.isEmpty();
  }

  /** How many answers have been seen so far. */
  private int answers() throws IOException {
    return Files.exists(seen)
        ? Files.readString(seen, ISO_8859_1).split(" write\\(", -1).length - 1
        : 0;
  }

  private static long microseconds(Duration quiet) {
    return TimeUnit.NANOSECONDS.toMicros(Patience.scaled(quiet).toNanos());
  }

  /** Lets go of the daemon, which by then has been killed: asked kindly, strace would not. */
  private void end() {
    strace.destroyForcibly();
    strace.onExit().join();
  }
}
