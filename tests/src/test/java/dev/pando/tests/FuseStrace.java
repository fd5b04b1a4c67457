package dev.pando.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * strace(1), attached to a daemon, holding up what its threads write to {@code /dev/fuse}: the
 * answers to the kernel.
 */
final class FuseStrace {
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(20);

  /** How long an answer is held up. */
  private static final long HOLD_MILLIS = 400;

  private final Process strace;

  private FuseStrace(Process strace) {
    this.strace = strace;
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
   * @param earlier how many requests the kernel makes for it first
   */
  static int killingBeforeAnswer(MountedStore store, int earlier, Action action)
      throws IOException {
    ProcessHandle daemon = store.daemon();
    FuseStrace strace = attached(store, "delay_enter=" + 1000 * HOLD_MILLIS + ":when=1+");
    CompletableFuture<Integer> result =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return action.run();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(HOLD_MILLIS * earlier + HOLD_MILLIS / 2));
    daemon.destroyForcibly();
    strace.end();
    return result.join();
  }

  /** Stops the thread that has answered, before it does anything else, for so long. */
  static int stoppingAfterAnswer(MountedStore store, int millis, Action action) throws IOException {
    return with(attached(store, "delay_exit=" + 1000 * millis + ":when=1"), action);
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
                store.work().resolve("strace").toString())
            .start();
    FuseStrace attached = new FuseStrace(strace);
    attached.awaitAttached(daemon);
    return attached;
  }

  /** Attached means: every thread of the daemon says so. */
  private void awaitAttached(long daemon) throws IOException {
    long deadline = System.nanoTime() + LIMIT_NANOS;
    while (!areTraced(Path.of("/proc", Long.toString(daemon), "task"))) {
      if (System.nanoTime() > deadline || !strace.isAlive()) {
        strace.destroyForcibly();
        throw new AssertionError("strace does not attach to process " + daemon);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
    }
  }

  private boolean areTraced(Path tasks) throws IOException {
    String tracer = "TracerPid:\t" + strace.pid() + "\n";
    try (var threads = Files.newDirectoryStream(tasks)) {
      for (Path thread : threads) {
        if (!Files.readString(thread.resolve("status")).contains(tracer)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Lets go of the daemon, which by then has been killed: asked kindly, strace would not. */
  private void end() {
    strace.destroyForcibly();
    strace.onExit().orTimeout(20, TimeUnit.SECONDS).join();
  }
}
