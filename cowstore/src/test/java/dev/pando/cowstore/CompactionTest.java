package dev.pando.cowstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.RandomLoad.Fate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A store is as small as a new one when all is gone from it, and can be compacted in use. */
final class CompactionTest {
  private static final int MIB = 1 << 20;

  @TempDir Path directory;

  static LongStream seeds() {
    return Seeds.of(2);
  }

  @Test
  void aStoreFromWhichAllIsRemovedIsAsSmallAsANewOne() throws Exception {
    Path home = Files.createDirectory(directory.resolve("store"));
    StoreOptions options = StoreOptions.defaults().withCreate(true);
    try (CowStore store = CowStore.open(home, options)) {
      store.commit();
      long fresh = onDisk(home);
      Bytes bytes = new Bytes(store);
      CowFile file = bytes.create();
      for (int i = 0; i < 10_000; i++) {
        // every other block, so that no run is long enough to be given back by itself
        bytes.fill(file, i * 2L * MIB, 4096, 1);
        if (i % 10 == 0) {
          bytes.fill(file, i * 2L * MIB + MIB / 2, 65536, 1);
        }
      }
      store.commit();
      long full = onDisk(home);
      assertTrue(full > fresh + 50L * MIB, full + " bytes");
      store.change().removeFile(file).apply();
      store.compact();
      assertEquals(0, store.stats().storedBytes());
      long empty = onDisk(home);
      assertTrue(empty <= fresh + MIB, empty + " bytes on disk, " + fresh + " when it was new");
    }
  }

  @Test
  void aCatalogThatIsMostlyEmptyIsCompactedWhenTheStoreIsOpened() throws Exception {
    Path home = Files.createDirectory(directory.resolve("store"));
    Path data = home.resolve("catalog/data.mdb");
    StoreOptions options = StoreOptions.defaults().withCreate(true);
    long kept;
    try (CowStore store = CowStore.open(home, options)) {
      Bytes bytes = new Bytes(store);
      CowFile small = bytes.create();
      kept = small.id();
      bytes.fill(small, 0, MIB, 7);
      CowFile file = bytes.create();
      for (long i = 0; i < 20_000; i++) {
        bytes.fill(file, i * MIB, 4096, 1);
      }
      store.commit();
      store.change().removeFile(file).apply();
      store.reclaim();
    }
    long before = Files.size(data);
    try (CowStore store = CowStore.open(home, options)) {
      long after = Files.size(data);
      assertTrue(after < before - 30L * MIB, after + " of " + before);
      new Bytes(store).requireFilled(store.file(kept), 0, MIB, 7);
    }
    assertTrue(CowStore.checkClosed(home, false).isSound());
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void compactionDisturbsNobody(long seed) throws Exception {
    try (Machine machine = new Machine(Files.createDirectory(directory.resolve("store")))) {
      RandomLoad load = new RandomLoad(seed, machine);
      for (int life = 0; life < 5; life++) {
        CowStore store = machine.store();
        AtomicBoolean over = new AtomicBoolean();
        StoreException[] failure = new StoreException[1];
        Thread compacting =
            new Thread(
                () -> {
                  try {
                    while (!over.get()) {
                      store.compact();
                    }
                  } catch (StoreException e) {
                    failure[0] = e;
                  }
                });
        compacting.start();
        load.run(Seeds.operations(150));
        over.set(true);
        compacting.join();
        assertEquals(null, failure[0]);
        load.end(life % 2 == 0 ? Fate.KILL : Fate.CLOSE);
      }
    }
  }

  @Test
  void aVisitorMayLookForMoreWhileACompactionWaitsForIt() throws Exception {
    try (Machine machine = new Machine(directory)) {
      CowStore store = machine.store();
      byte[] key = {1, 2};
      store.change().put(key, new byte[] {7}).apply();
      store.commit();
      Thread compacting =
          new Thread(
              () -> {
                try {
                  store.compact();
                } catch (StoreException e) {
                  throw new AssertionError(e);
                }
              });
      byte[][] found = new byte[1][];
      assertTimeoutPreemptively(
          Duration.ofMinutes(5),
          () ->
              store.scan(
                  new byte[] {1},
                  new byte[] {2},
                  (foundKey, value) -> {
                    compacting.start();
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500));
                    try {
                      found[0] = store.record(key);
                    } catch (StoreException e) {
                      throw new AssertionError(e);
                    }
                    return true;
                  }));
      compacting.join();
      assertArrayEquals(new byte[] {7}, found[0]);
      assertArrayEquals(new byte[] {7}, store.record(key));
    }
  }

  /** Bytes that the files of a directory take on the host. */
  private static long onDisk(Path home) throws IOException {
    Process du = new ProcessBuilder("du", "-s", "--block-size=1", home.toString()).start();
    String printed = new String(du.getInputStream().readAllBytes(), UTF_8);
    return Long.parseLong(printed.substring(0, printed.indexOf('\t')));
  }
}
