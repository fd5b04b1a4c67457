package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.host.ProcessFiles;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/**
 * The daemon is killed while one of its threads waits in the kernel, where no signal ends it, for
 * answers of this very daemon: the thread is there until the next daemon has given them.
 */
final class KilledInTheKernelTest {
  private static final String NOTICES = "pando-notices";
  private static final int DIRTY_MIB = 200;
  private static final int ASKERS = 3;
  private static final int ROUNDS = 3;

  /** Pages that a clone has written back: they are dirty until then. */
  @Test
  void whileItWritesPagesBack() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      for (int round = 0; round < ROUNDS; round++) {
        String vm = "vm" + round;
        dirty(store, vm, round + 1);
        killAt(store, () -> store.pando("clone", vm, "copy-of-" + vm));
        requireContent(store, vm, round + 1);
      }
    }
  }

  /** The same, with a program that kills it by order: {@code restart}. */
  @Test
  void whileItWritesPagesBackAndIsRestarted() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      dirty(store, "vm", 1);
      long daemon = store.daemon().pid();
      CompletableFuture<?> clone = inBackground(() -> store.pando("clone", "vm", "copy"));
      awaitInTheKernel(daemon, clone);
      store.pando("restart", store.mountpoint().toString()).succeeded();
      assertNotEquals(daemon, store.daemon().pid());
      end(clone);
      requireContent(store, "vm", 1);
    }
  }

  /** A crash of the JVM, which the kernel would dump the core of, with all threads. */
  @Test
  void whileItWritesPagesBackAndCrashes() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      dirty(store, "vm", 1);
      long daemon = store.daemon().pid();
      CompletableFuture<?> clone = inBackground(() -> store.pando("clone", "vm", "copy"));
      awaitInTheKernel(daemon, clone);
      Program.of("kill", "-ABRT", Long.toString(daemon)).run().succeeded();
      Patience.await("another daemon", () -> store.isReady() && store.daemon().pid() != daemon);
      end(clone);
      requireContent(store, "vm", 1);
    }
  }

  /** Names that others look up in the directory in which a command makes some. */
  @Test
  void whileItTellsOfNames() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", 1);
      List<Process> askers = new ArrayList<>();
      try {
        for (int i = 0; i < ASKERS; i++) {
          askers.add(
              Program.shell(
                      "i=0; while :; do stat \"$1/absent-$2-$((i++))\"; done 2>&-",
                      store.mountpoint().toString(),
                      "" + i)
                  .start());
        }
        for (int round = 0; round < ROUNDS; round++) {
          String clones = "round" + round;
          killAt(store, () -> store.pando("clone", "base", clones, "--count", "30"));
        }
      } finally {
        askers.forEach(Process::destroyForcibly);
      }
    }
  }

  private interface Command {
    Outcome run() throws IOException;
  }

  private static CompletableFuture<Outcome> inBackground(Command command) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return command.run();
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        },
        task -> new Thread(task, "command").start());
  }

  /** Kills the daemon while it notifies of what a command does, or when the command is done. */
  private static void killAt(MountedStore store, Command command) throws Exception {
    ProcessHandle daemon = store.daemon();
    CompletableFuture<Outcome> done = inBackground(command);
    awaitInTheKernel(daemon.pid(), done);
    daemon.destroyForcibly();
    Patience.await("another daemon", () -> store.isReady() && store.daemon().pid() != daemon.pid());
    end(done);
  }

  /** The command may have failed with its daemon; what matters is that it ends. */
  private static void end(CompletableFuture<?> command) throws Exception {
    try {
      command.get();
    } catch (ExecutionException killed) {
      assertTrue(killed.getCause() instanceof AssertionError, killed::toString);
    }
  }

  private static void awaitInTheKernel(long daemon, CompletableFuture<?> orDone)
      throws IOException {
    ProcessFiles notices = null;
    for (ProcessFiles thread : ProcessFiles.of(daemon).threads()) {
      if (thread.text("comm").orElse("").startsWith(NOTICES)) {
        notices = thread;
      }
    }
    assertTrue(notices != null, "there is no thread " + NOTICES);
    while (!orDone.isDone() && !isUninterruptible(notices)) {
      Thread.onSpinWait();
    }
  }

  private static boolean isUninterruptible(ProcessFiles thread) throws IOException {
    String stat = thread.text("stat").orElse("");
    return stat.startsWith("D", stat.lastIndexOf(')') + 2);
  }

  private static void dirty(MountedStore store, String vm, int value) throws IOException {
    Path directory = Files.createDirectory(store.at(vm));
    String mib = DIRTY_MIB + "m";
    Program.of(
            "xfs_io",
            "-f",
            "-c",
            "truncate " + mib,
            "-c",
            "mmap -rw 0 " + mib,
            "-c",
            "mwrite -S " + value + " 0 " + mib,
            directory.resolve(vm + ".img").toString())
        .run()
        .succeeded();
  }

  private static void requireContent(MountedStore store, String vm, int value) throws IOException {
    byte[] content = Files.readAllBytes(store.at(vm + "/" + vm + ".img"));
    assertEquals(DIRTY_MIB << 20, content.length);
    for (int at = 0; at < content.length; at += 4096) {
      assertEquals(value, content[at], "at " + at);
    }
  }
}
