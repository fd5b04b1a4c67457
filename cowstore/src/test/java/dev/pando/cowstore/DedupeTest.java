package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.RandomLoad.Fate;
import dev.pando.cowstore.segment.Block;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Equal blocks are stored once, and stay what they are to every file. */
final class DedupeTest {
  private static final int MIB = 1 << 20;
  private static final int BLOCK = 4096;
  private static final int OPERATIONS = 900;

  @TempDir Path directory;
  private Machine machine;
  private Bytes bytes;

  static LongStream seeds() {
    return Seeds.of(6);
  }

  @BeforeEach
  void open() throws Exception {
    machine = new Machine(Files.createDirectory(directory.resolve("store")));
    bytes = new Bytes(machine.store());
  }

  @AfterEach
  void close() throws Exception {
    machine.close();
  }

  /** Every block of the MiB differs from the others of it. */
  private void fillMib(CowFile file, int mib, int seed) throws StoreException {
    for (int block = 0; block < 256; block++) {
      bytes.fill(file, mib * (long) MIB + block * (long) BLOCK, BLOCK / 2, seed + block);
      bytes.fill(file, mib * (long) MIB + block * (long) BLOCK + BLOCK / 2, BLOCK / 2, block);
    }
  }

  private void requireMib(CowFile file, int mib, int seed) throws StoreException {
    for (int block = 0; block < 256; block++) {
      bytes.requireFilled(file, mib * (long) MIB + block * (long) BLOCK, BLOCK / 2, seed + block);
      bytes.requireFilled(
          file, mib * (long) MIB + block * (long) BLOCK + BLOCK / 2, BLOCK / 2, block);
    }
  }

  @Test
  void whatWasSeenBeforeIsRememberedAndWhoMayNotGiveDoesNot() throws Exception {
    CowFile first = bytes.create();
    CowFile second = bytes.create();
    CowFile third = bytes.create();
    for (CowFile file : List.of(first, second, third)) {
      fillMib(file, 0, 1);
    }
    assertEquals(0, dedupe(first));
    machine.reopen();
    bytes = new Bytes(machine.store());
    CowFile again = machine.store().file(second.id());
    long none =
        machine
            .store()
            .dedupe(List.of(again), id -> id != first.id(), readBytes -> true)
            .sharedBytes();
    assertEquals(0, none);
    dedupe(machine.store().file(first.id()));
    assertEquals(MIB, dedupe(machine.store().file(third.id())));
    assertEquals(MIB, stored());
    requireMib(machine.store().file(third.id()), 0, 1);
  }

  /** The last block of one segment and the first of the next are neighbours by their addresses. */
  @Test
  void sharingGoesOnOverTheEndOfASegment() throws Exception {
    long segment = (long) Block.PER_SEGMENT << Block.SHIFT;
    bytes.create().reserve(0, segment - MIB / 2);
    CowFile first = bytes.create();
    CowFile second = bytes.create();
    for (CowFile file : List.of(first, second)) {
      for (int mib = 0; mib < 4; mib++) {
        fillMib(file, mib, mib);
      }
    }
    AtomicBoolean over = new AtomicBoolean();
    first.extents((offset, at, length) -> over.compareAndSet(false, at + length == segment));
    assertTrue(over.get(), "no extent ends where the segment does");
    CowFile copy = bytes.create();
    assertEquals(4 * MIB, first.copyRange(0, copy, 0, 4 * MIB));
    assertEquals(4 * MIB, dedupe(first, second));
    machine.kill();
    bytes = new Bytes(machine.store());
    for (CowFile file : List.of(first, second, copy)) {
      for (int mib = 0; mib < 4; mib++) {
        requireMib(machine.store().file(file.id()), mib, mib);
      }
    }
  }

  @Test
  void aSearchThatIsBrokenOffGoesOnWhereItWas() throws Exception {
    CowFile first = bytes.create();
    CowFile second = bytes.create();
    for (int mib = 0; mib < 6; mib++) {
      fillMib(first, mib, mib);
      fillMib(second, mib, mib);
    }
    dedupe(first);
    long at = 0;
    long shared = 0;
    int parts = 0;
    while (at != CowFile.MAX_BYTES) {
      DedupeReport part =
          machine.store().dedupe(second, at, id -> true, readBytes -> readBytes < 2 * MIB);
      assertTrue(part.readBytes() <= 2 * MIB, part::toString);
      at = part.reachedBytes();
      shared += part.sharedBytes();
      parts++;
    }
    assertEquals(6 * MIB, shared);
    assertTrue(parts >= 3, parts + " parts");
  }

  @Test
  void anIndexThatSaysAnythingDoesNoHarm() throws Exception {
    CowFile first = bytes.create();
    fillMib(first, 0, 1);
    dedupe(first);
    machine.store().close();
    Random random = new Random(3);
    byte[] garbage = new byte[24 * Machine.INDEXED_BLOCKS];
    random.nextBytes(garbage);
    for (int at = 8; at < garbage.length; at += 24) { // of files that there are
      ByteBuffer.wrap(garbage, at, 8).order(ByteOrder.LITTLE_ENDIAN).putLong(1 + random.nextInt(4));
    }
    Files.write(directory.resolve("store/index"), garbage);
    machine.close();
    machine = new Machine(directory.resolve("store"));
    bytes = new Bytes(machine.store());
    CowFile second = bytes.create();
    fillMib(second, 0, 2);
    dedupe(machine.store().file(first.id()), second);
    requireMib(machine.store().file(first.id()), 0, 1);
    requireMib(second, 0, 2);
  }

  /** One thread does both, so that every step of a search has something happen right behind it. */
  @ParameterizedTest
  @MethodSource("seeds")
  void whateverHappensAfterAnyStepOfASearchFilesStayWhatTheyAre(long seed) throws Exception {
    RandomLoad load = new RandomLoad(seed, machine);
    load.run(100);
    for (int searches = 0; searches < 12; searches++) {
      List<CowFile> files = new ArrayList<>();
      for (long id = 1; id < 300; id++) {
        if (machine.store().hasFile(id)) {
          files.add(machine.store().file(id));
        }
      }
      AtomicReference<Exception> failure = new AtomicReference<>();
      machine
          .store()
          .dedupe(
              files,
              id -> true,
              readBytes -> {
                try {
                  load.run(2);
                } catch (InterruptedException | IOException e) {
                  failure.set(e);
                }
                return failure.get() == null;
              });
      assertEquals(null, failure.get());
      load.compare();
    }
    load.end(Fate.CLOSE);
  }

  /** Forks, copies and dedupe, in any order: what removing some files frees is known before. */
  @ParameterizedTest
  @MethodSource("seeds")
  void whatRemovingFilesWouldFreeIsExact(long seed) throws Exception {
    Random random = new Random(seed);
    List<CowFile> files = new ArrayList<>(List.of(bytes.create(), bytes.create()));
    for (int step = 0; step < 120; step++) {
      CowFile file = files.get(random.nextInt(files.size()));
      CowFile other = files.get(random.nextInt(files.size()));
      long at = (long) random.nextInt(500) * BLOCK;
      switch (random.nextInt(8)) {
        case 0, 1, 2 ->
            bytes.fill(file, at, (1 + random.nextInt(40)) * (long) BLOCK, 1 + random.nextInt(3));
        case 3 -> files.add(bytes.fork(file));
        case 4 -> file.copyRange(at, other, at, (1 + random.nextInt(60)) * (long) BLOCK);
        case 5 -> dedupe(files.toArray(CowFile[]::new));
        case 6 -> {
          List<CowFile> some = new ArrayList<>();
          for (CowFile candidate : files) {
            if (random.nextInt(3) == 0) {
              some.add(candidate);
            }
          }
          requireFreed(some, "seed " + seed + ", step " + step);
          files.removeAll(some);
          if (files.isEmpty()) {
            files.add(bytes.create());
          }
        }
        default -> file.unmap(at, (long) random.nextInt(20) * BLOCK);
      }
    }
    long[] own = machine.store().ownBytes(files.stream().map(List::of).toList());
    for (int i = 0; i < own.length; i++) {
      assertTrue(own[i] <= machine.store().freedIfRemovedBytes(List.of(files.get(i))));
    }
    requireFreed(files, "seed " + seed);
    assertEquals(0, stored());
  }

  /** As du(1) sees it. */
  private static long onHost(Path store) throws Exception {
    Process du = new ProcessBuilder("du", "-s", "-B1", store.toString()).start();
    String out = new String(du.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    assertEquals(0, du.waitFor());
    return Long.parseLong(out.substring(0, out.indexOf('\t')));
  }

  private void requireFreed(List<CowFile> some, String when) throws Exception {
    machine.store().reclaim();
    long before = stored();
    long expected = machine.store().freedIfRemovedBytes(some);
    Change change = machine.store().change();
    some.forEach(change::removeFile);
    change.apply();
    machine.store().reclaim();
    assertEquals(expected, before - stored(), when);
    StoreStats stats = machine.store().stats();
    long told = stats.storedBytes() + stats.metadataBytes();
    long seen = onHost(directory.resolve("store"));
    assertTrue(Math.abs(told - seen) <= MIB, when + ": " + told + " told, du sees " + seen);
  }

  private long dedupe(CowFile... files) throws StoreException {
    DedupeReport report = machine.store().dedupe(List.of(files), id -> true, readBytes -> true);
    machine.store().reclaim();
    return report.sharedBytes();
  }

  private long stored() throws StoreException {
    return machine.store().stats().storedBytes();
  }

  @Test
  void twoFilesWithEqualPartsStoreThemOnce() throws Exception {
    CowFile first = bytes.create();
    CowFile second = bytes.create();
    for (int mib = 0; mib < 8; mib++) {
      fillMib(first, mib, 1 + mib);
      fillMib(second, 7 - mib, 1 + (mib < 6 ? mib : 100 + mib));
    }
    assertEquals(16 * MIB, stored());
    assertEquals(6 * MIB, dedupe(first, second));
    assertEquals(10 * MIB, stored());
    machine.reopen();
    bytes = new Bytes(machine.store());
    first = machine.store().file(first.id());
    second = machine.store().file(second.id());
    // neither sees what is written to the other
    fillMib(first, 0, 200);
    fillMib(second, 6, 300);
    for (int mib = 1; mib < 8; mib++) {
      requireMib(first, mib, 1 + mib);
    }
    requireMib(second, 7, 1);
    requireMib(second, 5, 3);
    requireMib(second, 6, 300);
    assertEquals(0, dedupe(first, second), "all that is equal is shared");
    machine.store().change().removeFile(first).apply();
    requireMib(second, 4, 4);
    machine.store().change().removeFile(second).apply();
    machine.store().reclaim();
    assertEquals(0, stored());
  }

  @Test
  void updatesOfClonesAreStoredOnceAndTheirParentsBlocksToo() throws Exception {
    CowFile template = bytes.create();
    fillMib(template, 0, 1);
    fillMib(template, 1, 2);
    machine.store().change().freeze(template).apply();
    CowFile one = bytes.fork(template);
    CowFile two = bytes.fork(template);
    fillMib(one, 1, 50);
    fillMib(two, 1, 50);
    fillMib(two, 0, 2); // what the template has elsewhere
    bytes.fill(one, 4 * MIB, 64 * BLOCK, 9);
    assertEquals(5 * MIB + 64 * BLOCK, stored());
    dedupe(template, one, two);
    assertEquals(3 * MIB + BLOCK, stored());
    requireMib(template, 0, 1);
    requireMib(template, 1, 2);
    requireMib(two, 0, 2);
    requireMib(one, 1, 50);
    requireMib(two, 1, 50);
    bytes.requireFilled(one, 4 * MIB, 64 * BLOCK, 9);
  }

  /** Its clones still refer to what is replaced in it. */
  @Test
  void aFrozenFileWithForksGivesUpItsBlocksWhenTheyDo() throws Exception {
    CowFile first = bytes.create();
    fillMib(first, 0, 1);
    CowFile template = bytes.create();
    fillMib(template, 0, 1);
    machine.store().change().freeze(template).apply();
    CowFile clone = bytes.fork(template);
    bytes.fill(clone, 0, 10, 77); // it has a copy of the leaf now
    assertEquals(MIB, dedupe(first, template));
    assertEquals(2 * MIB, stored(), "one block is replaced, another the clone's own");
    requireMib(template, 0, 1);
    bytes.requireFilled(clone, 10, BLOCK / 2 - 10, 1);
    machine.store().change().removeFile(clone).apply();
    machine.store().reclaim();
    assertEquals(MIB, stored());
    requireMib(template, 0, 1);
  }

  @Test
  void zerosBecomeHoles() throws Exception {
    CowFile file = bytes.create();
    fillMib(file, 0, 1);
    for (long at = 0; at < MIB / 2; at += BLOCK / 2) {
      bytes.fill(file, at, BLOCK / 2, 0); // whole blocks of zeros are holes at once
    }
    assertEquals(MIB, stored());
    assertEquals(MIB / 2, dedupe(file));
    assertEquals(MIB / 2, stored());
    assertEquals(MIB / 2, file.mappedBytes());
    bytes.requireFilled(file, 0, MIB / 2, 0);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void itRunsBesideEverythingElse(long seed) throws Exception {
    Random random = new Random(~seed);
    Fate[] fates = Fate.values();
    RandomLoad load = new RandomLoad(seed, machine);
    long shared = 0;
    for (int left = Seeds.operations(OPERATIONS); left > 0; ) {
      int life = Math.min(left, 1 + random.nextInt(300));
      AtomicBoolean over = new AtomicBoolean();
      AtomicReference<Throwable> failure = new AtomicReference<>();
      CowStore store = machine.store();
      long[] saved = new long[1];
      Thread searching = new Thread(() -> saved[0] = dedupeUntil(over, store, failure));
      searching.start();
      try {
        load.run(life);
      } finally {
        over.set(true);
        searching.join();
      }
      assertEquals(null, failure.get());
      shared += saved[0];
      load.end(fates[random.nextInt(fates.length)]);
      left -= life;
    }
    assertTrue(shared > 0, "nothing was found equal");
    load.removeAll();
    machine.store().reclaim();
    assertEquals(0, machine.store().stats().storedBytes());
  }

  private static long dedupeUntil(
      AtomicBoolean over, CowStore store, AtomicReference<Throwable> failure) {
    long shared = 0;
    try {
      while (!over.get()) {
        List<CowFile> files = new ArrayList<>();
        for (long id = 1; id < 300; id++) {
          if (store.hasFile(id)) {
            files.add(store.file(id));
          }
        }
        shared += store.dedupe(files, id -> true, readBytes -> !over.get()).sharedBytes();
      }
    } catch (StoreException e) {
      if (e.reason() != StoreException.Reason.NO_SUCH_FILE) {
        failure.set(e);
      }
    } catch (RuntimeException e) {
      failure.set(e);
    }
    return shared;
  }
}
