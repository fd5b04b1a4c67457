package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.host.ProcessMemory;
import dev.pando.testing.Patience;
import dev.pando.tests.conformance.Posix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * 72 clients on a disk that is far too slow for them: 32 that sync each write, 8 that write streams
 * and 32 that read what is in memory. Queues push back: memory and journal stay in their bounds,
 * reads go on, nobody waits for ever, and the mount ends in order.
 */
class OverloadTest {
  private static final int SYNCERS = 32;
  private static final int STREAMS = 8;
  private static final int READERS = 32;
  private static final int SECONDS = 12 * Integer.getInteger("pando.long", 1);
  private static final int BLOCK = 4096;
  private static final int PIECE = 1 << 20;
  private static final int DISK_BYTES = 16 << 20;

  /** What the disk is held to. */
  private static final long BYTES_A_SECOND = 12L << 20;

  private static final int OPERATIONS_A_SECOND = 300;

  /** The daemon's heap is 512 MiB; the rest is what the JVM and mapped files take. */
  private static final long MOST_RESIDENT_BYTES = 900L << 20;

  /** The longest waits seen were 340 ms and 2.3 s; who waits for ever waits longer than this. */
  private static final Duration MOST_READ = Duration.ofSeconds(20);

  private static final Duration MOST_SYNC = Duration.ofMinutes(2);
  private static final Duration MOST_END = Duration.ofMinutes(2);

  private volatile boolean stop;
  private final AtomicLong longestRead = new AtomicLong();
  private final AtomicLong longestSync = new AtomicLong();
  private final AtomicLong longestWrite = new AtomicLong();
  private final AtomicLong reads = new AtomicLong();
  private final AtomicLong syncs = new AtomicLong();
  private final List<Throwable> failures = new ArrayList<>();

  @Test
  void everythingStaysInItsBounds() throws Exception {
    try (ThrottledDisk disk = ThrottledDisk.make(4096);
        MountedStore store = MountedStore.showing(disk.directory().resolve("store"))) {
      for (int vm = 0; vm < SYNCERS; vm++) {
        Files.createDirectory(store.at("vm" + vm));
        Files.write(disk(store, vm), new byte[DISK_BYTES]);
        Program.of(
                "dd",
                "if=/dev/urandom",
                "of=" + disk(store, vm),
                "bs=1M",
                "count=2",
                "conv=notrunc")
            .run()
            .succeeded();
      }
      long journal = Files.size(store.store().resolve("journal"));
      disk.throttle(BYTES_A_SECOND, OPERATIONS_A_SECOND);
      List<Thread> clients = new ArrayList<>();
      for (int client = 0; client < SYNCERS; client++) {
        Path file = disk(store, client);
        clients.add(start(random -> sync(file, random)));
      }
      for (int client = 0; client < STREAMS; client++) {
        Path file = store.at("stream" + client + ".raw");
        clients.add(start(random -> stream(file)));
      }
      for (int client = 0; client < READERS; client++) {
        Path file = disk(store, client % SYNCERS);
        clients.add(start(random -> read(file, random)));
      }
      long resident = 0;
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
      while (System.nanoTime() < end) {
        TimeUnit.MILLISECONDS.sleep(200);
        resident = Math.max(resident, residentBytes(store.daemon().pid()));
      }
      assertTrue(failures.isEmpty(), () -> failures.toString());
      assertEquals(journal, Files.size(store.store().resolve("journal")));
      long most = resident;
      // under load: whoever has something open gets errors from then on
      ProcessHandle keeper = store.keeper().orElseThrow();
      stop = true;
      long asked = System.nanoTime();
      store
          .command("umount", "--force", store.mountpoint().toString())
          .within((int) MOST_END.toSeconds())
          .run()
          .succeeded();
      long ended = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - asked);
      Daemons.awaitEnd(keeper);
      for (Thread client : clients) {
        Patience.await("the end of a client", MOST_END, () -> !client.isAlive());
      }
      System.out.printf(
          "OverloadTest: %d s, %d reads (longest %d ms), %d syncs (longest %d ms), longest write %d"
              + " ms, resident at most %d MiB, unmounted in %d ms%n",
          SECONDS,
          reads.get(),
          longestRead.get(),
          syncs.get(),
          longestSync.get(),
          longestWrite.get(),
          most >> 20,
          ended);
      assertTrue(most < MOST_RESIDENT_BYTES, most + " bytes resident");
      assertTrue(
          longestRead.get() < Patience.scaled(MOST_READ).toMillis(), "a read took " + longestRead);
      assertTrue(
          longestSync.get() < Patience.scaled(MOST_SYNC).toMillis(), "a sync took " + longestSync);
      assertTrue(syncs.get() > SYNCERS && reads.get() > READERS, "it stood still");
      disk.free();
      store.pando("check", store.store().toString()).succeeded();
      store.mount();
      assertEquals(DISK_BYTES, Files.size(disk(store, 0)));
    }
  }

  private static Path disk(MountedStore store, int vm) {
    return store.at("vm" + vm).resolve("disk.raw");
  }

  private interface Client {
    void run(Random random) throws IOException;
  }

  /** What fails after the end was asked for is no failure. */
  private Thread start(Client client) {
    Random random = new Random();
    Thread thread =
        new Thread(
            () -> {
              try {
                client.run(random);
              } catch (IOException | RuntimeException failure) {
                if (!stop) {
                  synchronized (failures) {
                    failures.add(failure);
                  }
                }
              }
            });
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private void sync(Path file, Random random) {
    int fd = Posix.open(file, Posix.O_RDWR);
    byte[] data = new byte[BLOCK];
    while (!stop) {
      random.nextBytes(data);
      long start = System.nanoTime();
      Posix.pwrite(fd, data, (long) random.nextInt(DISK_BYTES / BLOCK) * BLOCK);
      Posix.fdatasync(fd);
      syncs.incrementAndGet();
      note(longestSync, start);
    }
  }

  private void stream(Path file) {
    int fd = Posix.open(file, Posix.O_CREAT | Posix.O_RDWR, 0600);
    ByteBuffer data = Posix.aligned(PIECE);
    for (long at = 0; !stop; at = (at + PIECE) % (200L << 20)) {
      data.clear();
      data.putLong(0, System.nanoTime());
      long start = System.nanoTime();
      Posix.pwrite(fd, data, at);
      note(longestWrite, start);
    }
  }

  private void read(Path file, Random random) {
    int fd = Posix.open(file, Posix.O_RDONLY);
    ByteBuffer data = Posix.aligned(BLOCK);
    while (!stop) {
      data.clear();
      long start = System.nanoTime();
      assertEquals(BLOCK, Posix.pread(fd, data, (long) random.nextInt((2 << 20) / BLOCK) * BLOCK));
      reads.incrementAndGet();
      note(longestRead, start);
    }
  }

  private static void note(AtomicLong longest, long start) {
    longest.accumulateAndGet(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start), Math::max);
  }

  private static long residentBytes(long pid) {
    return ProcessMemory.residentBytes(pid).orElse(0);
  }
}
