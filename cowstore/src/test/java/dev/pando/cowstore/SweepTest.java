package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pando.cowstore.RandomLoad.Fate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What was shared otherwise than by fork comes back when nothing refers to it, and not before. */
final class SweepTest {
  private static final int MIB = 1 << 20;
  private static final int OPERATIONS = 900;

  @TempDir Path directory;

  static LongStream seeds() {
    return Seeds.of(6);
  }

  @Test
  void aCopiedRangeComesBackWithItsLastFile() throws Exception {
    try (Machine machine = new Machine(directory)) {
      CowStore store = machine.store();
      Bytes bytes = new Bytes(store);
      CowFile first = bytes.create();
      bytes.fill(first, 0, 4 * MIB, 1);
      CowFile second = bytes.create();
      first.copyRange(0, second, MIB, 3 * MIB);
      bytes.fill(first, 0, MIB, 2);
      store.reclaim();
      assertEquals(5 * MIB, store.stats().storedBytes(), "a MiB was replaced and is copied");
      store.change().removeFile(first).apply();
      store.reclaim();
      assertEquals(3 * MIB, store.stats().storedBytes());
      bytes.requireFilled(second, MIB, 3 * MIB, 1);
      second.unmap(MIB, MIB);
      store.reclaim();
      assertEquals(2 * MIB, store.stats().storedBytes());
      machine.reopen();
      machine.store().change().removeFile(machine.store().file(second.id())).apply();
      machine.store().reclaim();
      assertEquals(0, machine.store().stats().storedBytes());
    }
  }

  @Test
  void whatWasCopiedWaitsForTheSweep() throws Exception {
    try (Machine machine = new Machine(directory)) {
      CowStore store = machine.store();
      Bytes bytes = new Bytes(store);
      CowFile first = bytes.create();
      bytes.fill(first, 0, 4 * MIB, 1);
      CowFile second = bytes.create();
      first.copyRange(MIB, second, 0, MIB);
      long before = store.stats().storedBytes();
      store.change().removeFile(first).apply();
      store.change().removeFile(second).apply();
      assertEquals(4 * MIB, before);
      store.commit();
      while (store.isReclaiming()) {
        store.commit();
      }
      assertEquals(MIB, store.stats().storedBytes(), "only a sweep frees what was copied");
      store.reclaim();
      assertEquals(0, store.stats().storedBytes());
    }
  }

  @Test
  void aWriterForWhomThereIsNoSpaceGetsWhatASweepFrees() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting wants root");
    StoreOptions options = Machine.options();
    try (SmallDisk disk = new SmallDisk(SmallDisk.Kind.TMPFS, directory, 400);
        CowStore store = CowStore.open(disk.path().resolve("store"), options)) {
      Bytes bytes = new Bytes(store);
      int mib = (int) (store.stats().availableBytes() / MIB) * 3 / 4;
      CowFile first = bytes.create();
      bytes.fill(first, 0, mib * (long) MIB, 1);
      CowFile second = bytes.create();
      first.copyRange(MIB, second, 0, (mib - 1) * (long) MIB);
      store.change().removeFile(first).removeFile(second).apply();
      Thread.sleep(1_100); // a sweep is not forced more often
      CowFile third = bytes.create();
      bytes.fill(third, 0, mib * (long) MIB, 2);
      bytes.requireFilled(third, 0, mib * (long) MIB, 2);
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void sweepsBesideEverythingElseTakeNothingThatIsReferredTo(long seed) throws Exception {
    Random random = new Random(~seed);
    Path home = Files.createDirectory(directory.resolve("store"));
    try (Machine machine = new Machine(home)) {
      RandomLoad load = new RandomLoad(seed, machine);
      for (int left = Seeds.operations(OPERATIONS); left > 0; ) {
        int life = Math.min(left, 1 + random.nextInt(300));
        AtomicBoolean over = new AtomicBoolean();
        AtomicReference<StoreException> failure = new AtomicReference<>();
        CowStore store = machine.store();
        Thread sweeping = new Thread(() -> sweepUntil(over, store, failure));
        sweeping.start();
        try {
          load.run(life);
        } finally {
          over.set(true);
          sweeping.join();
        }
        assertEquals(null, failure.get());
        load.end(random.nextInt(3) > 0 ? Fate.KILL : Fate.CLOSE);
        left -= life;
      }
      machine.store().reclaim();
      long stored = machine.store().stats().storedBytes();
      machine.reopen();
      CheckReport report = checked(machine, home);
      assertEquals(report.usedBytes(), stored, "nothing is left that nothing refers to");
      load.removeAll();
      machine.store().reclaim();
      assertEquals(0, machine.store().stats().storedBytes());
      assertEquals(0, checked(machine, home).pages(), "map pages are gone");
      assertTrue(checked(machine, home).isSound());
    }
  }

  /** One thread does both, so that every step of a mark has something happen right behind it. */
  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void whateverHappensAfterAnyStepOfAMarkNothingThatIsReferredToIsTaken(long seed)
      throws Exception {
    Random random = new Random(~seed);
    Path home = Files.createDirectory(directory.resolve("store"));
    try (Machine machine = new Machine(home)) {
      RandomLoad load = new RandomLoad(seed, machine).withoutReclaim();
      load.run(100);
      for (int sweeps = 0; sweeps < 20; sweeps++) {
        machine.store().sweep(() -> run(load, 1 + random.nextInt(12)));
        load.compare();
        if (random.nextInt(4) == 0) {
          load.end(random.nextBoolean() ? Fate.KILL : Fate.CLOSE);
        }
      }
      machine.store().reclaim();
      long stored = machine.store().stats().storedBytes();
      machine.reopen();
      assertEquals(checked(machine, home).usedBytes(), stored);
    }
  }

  private static void run(RandomLoad load, int operations) throws IOException {
    try {
      load.run(operations);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private static CheckReport checked(Machine machine, Path home) throws Exception {
    machine.store().close();
    CheckReport report = CowStore.checkClosed(home, false);
    machine.reopen();
    return report;
  }

  private static void sweepUntil(
      AtomicBoolean over, CowStore store, AtomicReference<StoreException> failure) {
    try {
      while (!over.get()) {
        store.reclaim();
      }
    } catch (StoreException e) {
      failure.set(e);
    }
  }
}
