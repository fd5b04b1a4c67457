package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.catalog.Catalog;
import dev.pando.testing.Patience;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What was shared with files that are gone becomes private again, and leaves no garbage. */
final class JoinTest {
  private static final int MIB = 1 << 20;
  private static final int BLOCK = 4096;
  private static final int NIGHTS = 40;

  @TempDir Path directory;
  private Machine machine;
  private Bytes bytes;

  @BeforeEach
  void open() throws Exception {
    machine = new Machine(directory);
    bytes = new Bytes(machine.store());
  }

  @AfterEach
  void close() throws Exception {
    machine.close();
  }

  private void remove(CowFile file) throws StoreException {
    machine.store().change().removeFile(file).apply();
  }

  private void awaitStored(long expectedBytes) throws StoreException {
    CowStore store = machine.store();
    Patience.await(
        expectedBytes + " bytes are stored",
        () -> {
          store.commit();
          return !store.isReclaiming() && store.stats().storedBytes() == expectedBytes;
        });
  }

  @Test
  void snapshotsEveryNightLeaveNothingBehind() throws Exception {
    CowFile disk = bytes.create();
    bytes.fill(disk, 0, 8 * MIB, 1);
    Deque<CowFile> kept = new ArrayDeque<>();
    for (int night = 0; night < NIGHTS; night++) {
      kept.add(bytes.fork(disk));
      bytes.fill(disk, (night * 3L % 8) * MIB, MIB, night + 2);
      if (kept.size() > 3) {
        remove(kept.poll());
      }
    }
    for (CowFile snapshot : kept) {
      remove(snapshot);
    }
    awaitStored(8 * MIB);
    assertEquals(8 * MIB, disk.privateBytes());
    assertEquals(8 * MIB, disk.mappedBytes());
    bytes.fill(disk, 0, 8 * MIB, 99);
    assertEquals(8 * MIB, machine.store().stats().storedBytes(), "overwritten in place");
  }

  @Test
  void aPageThatIsChangedBearsNoAliasAnyMore() throws Exception {
    CowFile disk = nightlySnapshots();
    for (int mib = 0; mib < NIGHTS; mib++) {
      bytes.fill(disk, mib * (long) MIB + BLOCK, BLOCK, 0); // a hole: the leaf changes
    }
    machine.store().sweep(() -> {});
    assertEquals(0, aliases());
    machine.kill();
    assertEquals(0, aliases());
  }

  @Test
  void pagesThatNobodyChangesLoseTheirAliasesBySweeps() throws Exception {
    nightlySnapshots();
    machine.store().sweep(() -> {});
    machine.store().sweep(() -> {});
    assertEquals(0, aliases());
    machine.reopen();
    assertEquals(0, aliases());
  }

  /** One leaf is written each night, so that each night's epoch has pages that live. */
  private CowFile nightlySnapshots() throws StoreException {
    CowFile disk = bytes.create();
    bytes.fill(disk, 0, NIGHTS * (long) MIB, 1);
    for (int night = 0; night < NIGHTS; night++) {
      CowFile snapshot = bytes.fork(disk);
      bytes.fill(disk, night * (long) MIB, BLOCK, night + 2);
      remove(snapshot);
      awaitStored(NIGHTS * (long) MIB);
    }
    assertTrue(aliases() > NIGHTS / 2, aliases() + " aliases");
    return disk;
  }

  private int aliases() {
    return machine.store().engine().state.pages.aliases().count();
  }

  @Test
  void theMiddleOfAChainMayGo() throws Exception {
    CowFile root = bytes.create();
    bytes.fill(root, 0, 4 * MIB, 1);
    CowFile middle = bytes.fork(root);
    bytes.fill(middle, 0, MIB, 2);
    CowFile leaf = bytes.fork(middle);
    bytes.fill(leaf, 0, BLOCK, 3);
    remove(middle);
    // of the middle's MiB the leaf has all but one block
    awaitStored(4 * MIB + MIB);
    assertEquals(MIB, leaf.privateBytes());
    remove(root);
    awaitStored(4 * MIB);
    assertEquals(4 * MIB, leaf.privateBytes());
    bytes.requireFilled(leaf, 0, BLOCK, 3);
    bytes.requireFilled(leaf, BLOCK, MIB - BLOCK, 2);
    bytes.requireFilled(leaf, MIB, 3 * MIB, 1);
  }

  @Test
  void anInnerEpochIsJoinedUnderItsChildren() throws Exception {
    CowFile root = bytes.create();
    bytes.fill(root, 0, 2 * MIB, 1);
    CowFile middle = bytes.fork(root);
    bytes.fill(middle, 0, MIB, 2);
    CowFile left = bytes.fork(middle);
    CowFile right = bytes.fork(middle);
    bytes.fill(left, 0, BLOCK, 3);
    bytes.fill(right, 0, BLOCK, 4);
    remove(root);
    awaitStored(2 * MIB + 2 * BLOCK);
    remove(middle);
    awaitStored(2 * MIB + 2 * BLOCK);
    machine.reopen();
    left = machine.store().file(left.id());
    remove(machine.store().file(right.id()));
    awaitStored(2 * MIB);
    assertEquals(2 * MIB, left.privateBytes());
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void whatRemovingFilesWillFreeIsKnownBefore(long seed) throws Exception {
    Random random = new Random(seed);
    List<CowFile> files = new ArrayList<>(List.of(bytes.create()));
    for (int round = 0; round < 300; round++) {
      CowFile file = files.get(random.nextInt(files.size()));
      int action = random.nextInt(20);
      if (action < 4) {
        files.add(bytes.fork(file));
      } else if (action == 4) {
        file.unmap(random.nextInt(4) * (long) MIB, MIB);
      } else if (action == 5) {
        machine.store().change().freeze(file).apply();
        files.add(bytes.fork(file));
        machine.store().change().thaw(file).apply();
      } else if (action == 6) {
        removeSome(files, random);
      } else {
        long offset = random.nextInt(1024) * (long) BLOCK;
        bytes.fill(file, offset, (1 + random.nextInt(40)) * (long) BLOCK, random.nextInt(100));
      }
    }
    removeSome(files, random);
  }

  static LongStream seeds() {
    return Seeds.of(4);
  }

  private void removeSome(List<CowFile> files, Random random) throws StoreException {
    awaitIdle();
    Collections.shuffle(files, random);
    List<CowFile> some = files.subList(1, 1 + random.nextInt(files.size()));
    long before = machine.store().stats().storedBytes();
    long freed = machine.store().freedIfRemovedBytes(some);
    Change change = machine.store().change();
    some.forEach(change::removeFile);
    change.apply();
    some.clear();
    awaitStored(before - freed);
  }

  private void awaitIdle() throws StoreException {
    Patience.await(
        "the end of reclaiming",
        () -> {
          machine.store().commit();
          return !machine.store().isReclaiming();
        });
  }

  /** Or the loss of power would bring the other file back, with what was overwritten meanwhile. */
  @Test
  void whatIsJoinedHasLostItsLastChildForGood() throws Exception {
    machine.close();
    machine = new Machine(directory, TimeUnit.MILLISECONDS.toNanos(100));
    bytes = new Bytes(machine.store());
    CowFile template = bytes.create();
    bytes.fill(template, 0, 64 * BLOCK, 1);
    machine.store().commit();
    CowFile clone = bytes.fork(template);
    machine.store().commit();
    remove(template); // what it shared is to be joined with the clone's epoch,
    Thread.sleep(300); // when that is committed
    List<CowFile> others = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      long id = machine.store().nextNumber();
      machine.store().change().createFile(id, 100 + i).apply();
      others.add(machine.store().file(id));
      bytes.fill(others.get(i), 0, 64 * BLOCK, 9);
    }
    Crew committers = new Crew();
    committers.start(() -> commitRecords(machine.store())); // takes eight flushes
    Thread.sleep(50);
    CowFile second = bytes.fork(clone);
    machine.store().sync(List.of(clone));
    remove(second);
    committers.join();
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(500);
    while (clone.privateBytes() == 0 && System.nanoTime() < deadline) {
      Thread.sleep(10);
    }
    bytes.fill(clone, 0, 64 * BLOCK, 2);
    machine.losePower(7);
    if (machine.store().hasFile(second.id())) {
      new Bytes(machine.store()).requireFilled(machine.store().file(second.id()), 0, 64 * BLOCK, 1);
    }
    new Bytes(machine.store()).read(machine.store().file(clone.id()), 0, 64 * BLOCK);
  }

  private static void commitRecords(CowStore store) {
    try {
      store.commitRecords();
    } catch (StoreException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void clonesThatComeAndGoLeaveNoRecords() throws Exception {
    machine.close();
    Path home = directory.resolve("other");
    try (CowStore store = CowStore.open(home, Machine.options())) {
      bytes = new Bytes(store);
      CowFile disk = bytes.create();
      bytes.fill(disk, 0, MIB, 1);
      for (int i = 0; i < 1500; i++) {
        CowFile clone = bytes.fork(disk);
        bytes.fill(disk, i % 256 * (long) BLOCK, BLOCK, i);
        store.change().removeFile(clone).apply();
        while (i % 10 == 9 && store.isReclaiming()) {
          store.commit();
        }
      }
      store.reclaim();
      store.commit();
    }
    machine = new Machine(directory.resolve("another"));
    try (Catalog catalog = Catalog.open(home.resolve("catalog"))) {
      for (byte table :
          new byte[] {Epochs.ALIAS, Epochs.EPOCH, Immutability.CHANGEABLE, Epochs.JOINING}) {
        long count = records(catalog, table);
        assertTrue(count <= 2, count + " records " + (char) table);
      }
    }
  }

  private static long records(Catalog catalog, byte table) throws Exception {
    long[] count = {0};
    catalog.scan(
        new byte[] {table},
        new byte[] {(byte) (table + 1)},
        (key, value) -> {
          count[0]++;
          return true;
        });
    return count[0];
  }

  @Test
  void reservedBlocksComeBackWhenTheirFileIsForked() throws Exception {
    CowFile disk = bytes.create();
    disk.resize(4 * MIB);
    disk.reserve(0, 4 * MIB);
    bytes.fill(disk, 0, MIB, 1);
    CowFile fork = bytes.fork(disk);
    awaitStored(MIB);
    remove(disk);
    awaitStored(MIB);
    assertEquals(MIB, fork.privateBytes());
  }
}
