package dev.pando.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.testing.Patience;
import dev.pando.tests.conformance.Posix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * The daemon is killed again and again under everything at once: fio that verifies what it reads, a
 * guest that writes and syncs, names that are made, moved and removed, clones made, frozen and
 * removed, dedupe and reclaim. Nobody but the commands notices more than a pause.
 */
class TakeoverUnderLoadTest {
  private static final int KILLS = 12 * Integer.getInteger("pando.long", 1);
  private static final int LONGEST_LIFE_MILLIS = 1000;
  private static final int SETTLE_MILLIS = 300;
  private static final int BLOCK = 4096;

  /** What an emulated guest may take on a machine that does all else too. */
  private static final Duration BOOT = Duration.ofMinutes(4);

  /**
   * How a command may end beside a dying daemon: done; refused, or nothing there, when one before
   * it was left unanswered; no daemon.
   */
  private static final List<Integer> EXIT_CODES = List.of(0, 3, 4, 5);

  private static final String INIT =
      """
      #!/bin/sh
      export PATH=/bin:/sbin
      fail() { echo "error: $1"; poweroff -f; }
      n=0
      while true; do
        n=$((n + 1))
        printf %016d $n | dd of=/dev/vdb conv=fsync 2>/dev/null || fail "write"
        dd if=/dev/vdb bs=16 count=1 iflag=direct 2>/dev/null | grep -q . || fail "read"
        mkdir -p /var/n/$((n % 7)) && echo $n >/var/n/$((n % 7))/f && sync || fail "file"
        rm -rf /var/n/$(((n + 3) % 7)) || fail "remove"
        echo "synced $n"
      done
      """;

  private volatile boolean stop;
  private final AtomicLong lastProbe = new AtomicLong(System.nanoTime());

  @Test
  void nobodyNoticesMoreThanAPause() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", 2);
      Path serial = store.work().resolve("serial");
      Process guest = boot(store, serial);
      Process fio = null;
      try {
        Patience.await("the guest comes up", BOOT, () -> read(serial).contains("synced 2"));
        fio = startFio(store);
        List<CompletableFuture<Void>> loads =
            List.of(
                inThread(() -> names(store, 1)),
                inThread(() -> names(store, 2)),
                inThread(() -> commands(store)),
                inThread(() -> probe(store)));
        List<Long> pauses = new ArrayList<>();
        Random random = new Random();
        for (int kill = 0; kill < KILLS; kill++) {
          TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS + random.nextInt(LONGEST_LIFE_MILLIS));
          pauses.add(killOnce(store));
          assertTrue(guest.isAlive() && fio.isAlive(), () -> read(serial));
          loads.forEach(load -> assertTrue(!load.isCompletedExceptionally(), () -> why(load)));
        }
        stop = true;
        for (CompletableFuture<Void> load : loads) {
          Patience.get("the end of a load", Program.LIMIT, load);
        }
        pauses.sort(null);
        System.out.printf(
            "TakeoverUnderLoadTest: %d kills, pause in ms: median %d, longest %d%n",
            KILLS, pauses.get(KILLS / 2), pauses.get(KILLS - 1));
        String before = read(serial);
        Patience.await("the guest goes on", BOOT, () -> !read(serial).equals(before));
        assertTrue(!read(serial).contains("error"), () -> read(serial));
        Program.of("kill", "-INT", Long.toString(fio.pid())).run().succeeded();
        assertTrue(Patience.ends(fio, Program.LIMIT), "fio does not end");
        // ended by a signal it exits with 128; what it met is in what it says
        String said = read(store.work().resolve("fio.out"));
        assertTrue(said.contains("err= 0:") && !said.contains("verify: bad"), said);
        for (JsonNode vm : store.json("list").path("vms")) {
          store.pando("show", vm.path("name").asText()).succeeded();
        }
      } finally {
        stop = true;
        guest.descendants().forEach(ProcessHandle::destroyForcibly);
        guest.destroyForcibly().waitFor();
        if (fio != null) {
          fio.destroyForcibly().waitFor();
        }
      }
      store.umount();
      store.pando("check", store.store().toString()).succeeded();
    }
  }

  private static CompletableFuture<Void> inThread(Runnable load) {
    return CompletableFuture.runAsync(load, task -> new Thread(task).start());
  }

  /** Kills the daemon; returns after how many milliseconds the mount answered again. */
  private long killOnce(MountedStore store) throws Exception {
    ProcessHandle daemon = store.daemon();
    long start = System.nanoTime();
    daemon.destroyForcibly();
    Patience.await(
        "another daemon takes over",
        () -> lastProbe.get() - start >= TimeUnit.MILLISECONDS.toNanos(50));
    long pause = TimeUnit.NANOSECONDS.toMillis(lastProbe.get() - start);
    Patience.await("a daemon serves", BOOT, store::isReady);
    return pause;
  }

  private static Process boot(MountedStore store, Path serial) throws Exception {
    Path host = OwnGuest.make(store, INIT);
    Program.shell("truncate -s 1M \"$1/a.img\"", host).run().succeeded();
    store.pando("import", host.toString()).succeeded();
    Files.createFile(serial);
    return Program.of(
            Pando.CHECKOUT.resolve("cli/demo/boot-guest").toString(),
            store.at("guest").toString(),
            serial.toString(),
            "7200",
            "-drive",
            "file=" + store.at("guest/a.img") + ",format=raw,if=virtio,cache=none")
        .start();
  }

  private static Process startFio(MountedStore store) throws IOException {
    Path directory = Files.createDirectory(store.at("load"));
    return Program.shell(
            """
            exec fio --name=v --filename="$1/disk.raw" --size=96M --rw=randwrite --bs=4k --iodepth=16 \
              --ioengine=libaio --direct=1 --verify=crc32c --verify_backlog=512 --verify_fatal=1 --verify_state_save=0 \
              --rate_iops=4000 --fsync=64 --time_based --runtime=7200 >"$2" 2>&1
            """,
            directory,
            store.work().resolve("fio.out"))
        .start();
  }

  /** Reads through the mount without pause, and notes when it was answered. */
  private void probe(MountedStore store) {
    int fd = Posix.open(store.at("probe.raw"), Posix.O_CREAT | Posix.O_RDWR, 0600);
    Posix.pwrite(fd, new byte[BLOCK], 0);
    ByteBuffer memory = Posix.aligned(BLOCK);
    while (!stop) {
      memory.clear();
      assertEquals(BLOCK, Posix.pread(fd, memory, 0));
      lastProbe.set(System.nanoTime());
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
    Posix.close(fd);
  }

  /** Makes, moves and removes names; each result is what it would be with nobody dying. */
  private void names(MountedStore store, int who) {
    Path directory = store.at("names" + who);
    Posix.mkdir(directory, 0755);
    for (int round = 0; !stop; round++) {
      Path a = directory.resolve("a");
      Path b = directory.resolve("b");
      byte[] content = ("content " + round).getBytes(UTF_8);
      int fd = Posix.open(a, Posix.O_CREAT | Posix.O_EXCL | Posix.O_RDWR, 0640);
      assertEquals(content.length, Posix.pwrite(fd, content, 0));
      Posix.setxattr(a, "user.round", content, Posix.XATTR_CREATE);
      Posix.mkdir(b, 0700);
      Posix.rename(a, b, Posix.RENAME_EXCHANGE);
      Posix.rmdir(a);
      Posix.link(b, a);
      Posix.unlink(b);
      Posix.symlink(content, b);
      assertArrayEquals(content, Posix.readlink(b));
      assertArrayEquals(content, Posix.getxattr(a, "user.round"));
      Posix.rename(a, b);
      assertArrayEquals(content, Posix.pread(fd, content.length, 0));
      if (round % 50 == 0) {
        Posix.fsync(fd);
      }
      Posix.unlink(b);
      assertEquals(0, Posix.fstat(fd).links());
      Posix.close(fd);
      assertEquals(2, Posix.stat(directory).links());
    }
  }

  private void commands(MountedStore store) {
    try {
      for (int round = 0; !stop; round++) {
        String name = "c" + round;
        answered(store, "clone", "base", name);
        answered(store, "freeze", name);
        answered(store, "dedupe");
        answered(store, "clone", name, name + "x");
        answered(store, "remove", name);
        answered(store, "remove", name + "x");
        answered(store, "reclaim");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A command ends with a sentence and an exit code, also when the daemon dies meanwhile. */
  private static void answered(MountedStore store, String... command) throws IOException {
    Outcome outcome = store.pando(command);
    assertTrue(EXIT_CODES.contains(outcome.exitCode()), outcome::toString);
    assertTrue(!outcome.err().contains("Exception"), outcome::toString);
  }

  private static String why(CompletableFuture<Void> load) {
    try {
      load.join();
      return "";
    } catch (RuntimeException failure) {
      java.io.StringWriter text = new java.io.StringWriter();
      failure.printStackTrace(new java.io.PrintWriter(text));
      return text.toString();
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
