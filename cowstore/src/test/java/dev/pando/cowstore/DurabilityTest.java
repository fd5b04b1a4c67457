package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.io.TempDir;

/** What a sync promises about its file and its neighbours, when the power goes after it. */
final class DurabilityTest {
  private static final int TIMES = 4;
  private static final int BLOCK = 4096;
  private static final int FILE_BYTES = 300_000;

  @TempDir Path directory;
  private Machine machine;
  private Bytes bytes;
  private long seed;

  @BeforeEach
  void open(RepetitionInfo repetition) throws StoreException {
    seed = repetition.getCurrentRepetition();
    machine = new Machine(directory);
    bytes = new Bytes(machine.store());
  }

  @AfterEach
  void close() throws IOException {
    machine.close();
  }

  @RepeatedTest(TIMES)
  void aSyncedFileIsThere() throws Exception {
    CowFile file = filled(1);
    Flush.sync(file);
    requireFilledAfterLoss(file.id(), 1);
  }

  /** The store makes such writes durable before they are answered, and the sync finds it done. */
  @RepeatedTest(TIMES)
  void writesThatAreSyncedOneByOneAreThere() throws Exception {
    CowFile file = filled(1);
    for (int i = 0; i < 40; i++) {
      bytes.fill(file, (long) i * BLOCK, BLOCK, 2 + i % 2); // in place, and then in new blocks
      Flush.sync(file);
      if (i == 20) {
        machine.store().commit();
        CowFile unused = bytes.fork(file);
      }
    }
    machine.losePower(seed);
    bytes = new Bytes(machine.store());
    for (int i = 0; i < 40; i++) {
      bytes.requireFilled(machine.store().file(file.id()), (long) i * BLOCK, BLOCK, 2 + i % 2);
    }
  }

  @RepeatedTest(TIMES)
  void aSyncKnowsWhatAFileWroteBeforeItWasForgotten() throws Exception {
    long id = filled(1).id();
    machine.store().commit();
    bytes.fill(machine.store().file(id), 0, FILE_BYTES, 2);
    WeakReference<CowFile> file = new WeakReference<>(machine.store().file(id));
    makeCommitsInTheBackground();
    for (int i = 0; i < 20 && file.get() != null; i++) {
      System.gc();
    }
    Flush.sync(machine.store().file(id));
    requireFilledAfterLoss(id, 2);
  }

  @RepeatedTest(TIMES)
  void aCommitKnowsWhatAnEarlierOneLeftToTheHost() throws Exception {
    CowFile file = filled(1);
    machine.store().commit();
    bytes.fill(file, 0, FILE_BYTES, 2);
    makeCommitsInTheBackground();
    machine.store().commit();
    requireFilledAfterLoss(file.id(), 2);
  }

  private void makeCommitsInTheBackground() throws StoreException {
    CowFile other = inAnotherSegment();
    for (int block = 0; block < 10_000; block++) { // more than the journal holds: commits
      bytes.fill(other, (long) block * BLOCK, 1, 3);
    }
  }

  /** A file of another group than the others'. */
  private CowFile inAnotherSegment() throws StoreException {
    long id = machine.store().nextNumber();
    machine.store().change().createFile(id, 2).apply();
    return machine.store().file(id);
  }

  @RepeatedTest(TIMES)
  void aCommittedOverwriteIsThere() throws Exception {
    CowFile file = filled(1);
    machine.store().commit();
    bytes.fill(file, 0, FILE_BYTES, 2);
    machine.store().commit();
    requireFilledAfterLoss(file.id(), 2);
  }

  /** The end lies within a block, which takes what is appended where it is. */
  @RepeatedTest(TIMES)
  void aCommitMakesNoFileLongerThanItsData() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, 600, 1);
    CowFile other = inAnotherSegment();
    bytes.fill(other, 0, 1, 3);
    machine.store().commit();
    bytes.fill(file, 600, 1_500, 2);
    file.resize(3_000);
    Flush.sync(bytes.fork(other));
    machine.losePower(seed);
    bytes = new Bytes(machine.store());
    CowFile survivor = machine.store().file(file.id());
    assertEquals(3_000, survivor.sizeBytes());
    bytes.requireFilled(survivor, 0, 600, 1);
    bytes.requireFilled(survivor, 600, 1_500, 2);
    bytes.requireFilled(survivor, 2_100, 900, 0);
  }

  @RepeatedTest(TIMES)
  void aSyncedForkOfAnUnsyncedFileIsThere() throws Exception {
    CowFile source = filled(1);
    machine.store().commit();
    bytes.fill(source, 0, FILE_BYTES, 2);
    CowFile fork = bytes.fork(source);
    Flush.sync(fork);
    requireFilledAfterLoss(fork.id(), 2);
  }

  /** Half of what the source holds at the fork was written in place; it is written to again. */
  @RepeatedTest(TIMES)
  void aForkIsThereAsItWasWhenItsSourceIsSynced() throws Exception {
    CowFile source = filled(1);
    machine.store().commit();
    bytes.fill(source, 0, FILE_BYTES / 2, 2);
    CowFile unused = bytes.fork(source);
    bytes.fill(source, FILE_BYTES / 2, FILE_BYTES - FILE_BYTES / 2, 2);
    CowFile fork = bytes.fork(source);
    bytes.fill(source, 0, FILE_BYTES, 3);
    machine.store().sync(List.of(source));
    requireFilledAfterLoss(fork.id(), 2);
    bytes.requireFilled(machine.store().file(source.id()), 0, FILE_BYTES, 3);
  }

  @RepeatedTest(TIMES)
  void filesSyncedTogetherAreThereAndSoIsEveryChange() throws Exception {
    CowFile first = filled(1);
    CowFile second = filled(2);
    machine.store().change().put(new byte[] {1}, new byte[] {2}).apply();
    machine.store().sync(List.of(first, second));
    requireFilledAfterLoss(first.id(), 1);
    bytes.requireFilled(machine.store().file(second.id()), 0, FILE_BYTES, 2);
    assertArrayEquals(new byte[] {2}, machine.store().record(new byte[] {1}));
  }

  @RepeatedTest(TIMES)
  void aSyncedCopyOfAnUnsyncedFileIsThere() throws Exception {
    CowFile source = filled(1);
    CowFile target = bytes.create();
    machine.store().commit();
    bytes.fill(source, 0, FILE_BYTES, 2);
    bytes.fill(target, 0, 10, 3);
    assertEquals(FILE_BYTES, source.copyRange(0, target, 0, FILE_BYTES));
    Flush.sync(target);
    requireFilledAfterLoss(target.id(), 2);
  }

  @RepeatedTest(TIMES)
  void aNeighboursSyncDoesNotSpoilAnUnsyncedFile() throws Exception {
    CowFile file = filled(1);
    Flush.sync(file);
    file.resize(0);
    bytes.fill(file, 0, FILE_BYTES, 2);
    Flush.sync(filled(9));
    machine.losePower(seed);
    CowFile survivor = machine.store().file(file.id());
    assertTrue(survivor.sizeBytes() == FILE_BYTES || survivor.sizeBytes() == 0);
    bytes = new Bytes(machine.store());
    for (int at = 0; at < survivor.sizeBytes() / BLOCK * BLOCK; at += BLOCK) {
      byte first = bytes.read(survivor, at, 1)[0];
      assertTrue(first == 1 || first == 2 || first == 0, "byte " + first);
      bytes.requireFilled(survivor, at, BLOCK, first);
    }
  }

  @RepeatedTest(TIMES)
  void aShrinkThatIsTakenBackBringsBackWhatItCut() throws Exception {
    CowFile file = filled(1);
    machine.store().commit();
    file.resize(BLOCK + 100);
    bytes.fill(file, BLOCK, 50, 2);
    file.resize(2 * BLOCK);
    bytes.fill(file, BLOCK + 200, 50, 2);
    machine.losePower(seed);
    bytes = new Bytes(machine.store());
    CowFile survivor = machine.store().file(file.id());
    if (survivor.sizeBytes() == FILE_BYTES) {
      bytes.requireFilled(survivor, 0, FILE_BYTES, 1);
    }
  }

  @RepeatedTest(TIMES)
  void anOverwriteOfASyncedFileLeavesOldOrNewSectors() throws Exception {
    CowFile file = filled(1);
    Flush.sync(file);
    bytes.fill(file, 0, FILE_BYTES, 2);
    machine.losePower(seed);
    bytes = new Bytes(machine.store());
    CowFile survivor = machine.store().file(file.id());
    assertEquals(FILE_BYTES, survivor.sizeBytes());
    for (int at = 0; at + 512 <= FILE_BYTES; at += 512) {
      byte first = bytes.read(survivor, at, 1)[0];
      assertTrue(first == 1 || first == 2, "byte " + first);
      bytes.requireFilled(survivor, at, 512, first);
    }
  }

  @RepeatedTest(TIMES)
  void aSyncOfTheChangesKeepsThemButNotTheData() throws Exception {
    CowFile file = bytes.create();
    machine.store().change().put(new byte[] {1}, new byte[] {2}).apply();
    Flush flush = new Flush();
    machine.store().sync(flush);
    flush.await();
    machine.losePower(seed);
    assertTrue(machine.store().hasFile(file.id()));
    assertArrayEquals(new byte[] {2}, machine.store().record(new byte[] {1}));
  }

  @RepeatedTest(TIMES)
  void aChangeOfManyPartsIsThereAsAWholeOrNotAtAll() throws Exception {
    CowFile first = filled(1);
    CowFile second = filled(2);
    machine.store().commit();
    machine
        .store()
        .change()
        .fork(first, 1001, 1)
        .fork(second, 1002, 1)
        .freeze(first)
        .removeFile(second)
        .put(new byte[] {1}, new byte[] {2})
        .apply();
    bytes.fill(machine.store().file(1001), 0, 10, 3);
    if (seed % 2 == 0) {
      Flush.sync(bytes.create());
    }
    machine.losePower(seed);
    CowStore store = machine.store();
    boolean done = store.hasFile(1001);
    assertTrue(done || seed % 2 != 0, "the neighbour's sync covers it");
    assertEquals(done, store.hasFile(1002));
    assertEquals(done, store.file(first.id()).isFrozen());
    assertEquals(!done, store.hasFile(second.id()));
    assertEquals(done, store.record(new byte[] {1}) != null);
  }

  /** Some of these the loss of power takes, and some it leaves in the journal for nobody. */
  @RepeatedTest(TIMES)
  void whatIsToldToHaveSurvivedIsThere() throws Exception {
    machine.store().commit();
    long[] told = new long[6];
    for (int i = 0; i < told.length; i++) {
      int n = i;
      byte[] key = {(byte) i};
      machine.store().change().put(key, key).witness(number -> told[n] = number).apply();
      if (i == seed) {
        machine.store().sync(List.of());
      }
    }
    machine.losePower(seed);
    for (int i = 0; i < told.length; i++) {
      boolean there = machine.store().record(new byte[] {(byte) i}) != null;
      assertEquals(told[i] <= machine.survived(), there, "change " + i);
    }
  }

  @RepeatedTest(TIMES)
  void whatIsFrozenAgainIsAsItWasBeforeTheThaw() throws Exception {
    CowFile written = filled(1);
    machine.store().change().freeze(written).apply();
    machine.store().commit();
    machine.store().change().thaw(written).apply();
    bytes.fill(written, 0, FILE_BYTES, 3);
    machine.losePower(seed);
    bytes = new Bytes(machine.store());
    CowFile survivor = machine.store().file(written.id());
    if (survivor.isFrozen()) {
      bytes.requireFilled(survivor, 0, FILE_BYTES, 1);
    }
  }

  /** Behind the end may stand what was appended before an earlier loss of power. */
  @RepeatedTest(TIMES)
  void whatIsFrozenAgainIsAsItWasBehindItsEnd() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, 600, 1);
    machine.store().commit();
    bytes.fill(file, 600, BLOCK - 600, 2);
    machine.losePower(seed);
    file = machine.store().file(file.id());
    machine.store().change().freeze(file).apply();
    machine.store().checksum();
    machine.store().commit();
    machine.store().change().thaw(file).apply();
    file.resize(BLOCK);
    machine.losePower(seed);
    assertEquals(List.of(), machine.store().scrub(readBytes -> true).damages());
  }

  private CowFile filled(int value) throws StoreException {
    CowFile file = bytes.create();
    bytes.fill(file, 0, FILE_BYTES, value);
    return file;
  }

  private void requireFilledAfterLoss(long fileId, int value) throws IOException {
    machine.losePower(seed);
    bytes = new Bytes(machine.store());
    CowFile survivor = machine.store().file(fileId);
    assertEquals(FILE_BYTES, survivor.sizeBytes());
    bytes.requireFilled(survivor, 0, FILE_BYTES, value);
  }
}
