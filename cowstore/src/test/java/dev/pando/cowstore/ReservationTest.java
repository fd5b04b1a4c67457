package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.io.CappedIo;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** A reservation is kept, whatever becomes of the rest of the disk, until a fork takes it away. */
final class ReservationTest {
  private static final int BLOCK = 4096;
  private static final int MIB = 1 << 20;

  @TempDir Path directory;
  private CappedIo io;
  private CowStore store;
  private Bytes bytes;

  @BeforeEach
  void open() throws StoreException {
    io = new CappedIo(64L * MIB);
    openStore();
  }

  private void openStore() throws StoreException {
    store = CowStore.open(directory, Machine.options().withIo(io).withHostReserveBytes(0));
    bytes = new Bytes(store);
  }

  @AfterEach
  void close() throws StoreException {
    store.close();
  }

  @Test
  void aReservedRangeReadsAsZerosAndIsAHoleThatTakesSpace() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, 3 * MIB, 1);
    file.unmap(MIB, MIB);
    file.reserve(100, 5 * MIB);
    assertEquals(3 * MIB, file.sizeBytes());
    assertEquals(5 * MIB + BLOCK, file.mappedBytes());
    assertEquals(5 * MIB + BLOCK, file.privateBytes());
    assertEquals(MIB, file.seekHole(0));
    assertEquals(2 * MIB, file.seekData(MIB));
    bytes.requireFilled(file, MIB, MIB, 0);
    bytes.requireFilled(file, 2 * MIB, MIB, 1);
    store.commit();
    assertEquals(5 * MIB + BLOCK, store.stats().storedBytes());
  }

  @Test
  void aSearchForEqualBlocksTakesNothingOfAReservation() throws Exception {
    CowFile reserved = bytes.create();
    CowFile other = bytes.create();
    reserved.reserve(0, 4 * MIB);
    bytes.fill(reserved, 0, 4 * MIB, 1);
    bytes.fill(other, 0, 4 * MIB, 1);
    store.dedupe(List.of(reserved, other), id -> true, readBytes -> true);
    store.dedupe(List.of(other, reserved), id -> true, readBytes -> true);
    assertEquals(4 * MIB, reserved.privateBytes());
    requireRoomForAllOf(reserved, 4 * MIB);
  }

  /** What is reserved after it was looked at, and before it is shared, is kept too. */
  @Test
  void aReservationBesideASearchForEqualBlocksIsKept() throws Exception {
    for (boolean giverIsReserved : List.of(true, false)) {
      CowFile giver = bytes.create();
      CowFile taker = bytes.create();
      bytes.fill(giver, 0, 2 * MIB, 1);
      bytes.fill(taker, 0, 2 * MIB, 1);
      CowFile reserved = giverIsReserved ? giver : taker;
      store.dedupe(
          List.of(giver, taker),
          id -> true,
          readBytes -> {
            if (readBytes == 3 * MIB) { // one leaf of the taker was looked at
              reserve(reserved, 2 * MIB);
            }
            return true;
          });
      assertEquals(2 * MIB, reserved.privateBytes());
      requireRoomForAllOf(reserved, 2 * MIB);
    }
  }

  private static void reserve(CowFile file, long length) {
    try {
      file.reserve(0, length);
    } catch (StoreException e) {
      throw new AssertionError(e);
    }
  }

  /** Another program fills the host's disk, and all of the file is written again. */
  private void requireRoomForAllOf(CowFile file, long length) throws StoreException {
    store.commit();
    long left = io.availableBytes(null);
    io.grow(-left);
    store.commit();
    bytes.fill(file, 0, length, 2);
    bytes.requireFilled(file, 0, length, 2);
    io.grow(left);
  }

  @Test
  void aWriteToAReservedRangeSucceedsOnAFullDisk() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, 5000, 1);
    file.reserve(0, 8 * MIB);
    fillTheStore();
    bytes.fill(file, 3 * MIB + 100, 700, 2);
    bytes.fill(file, 6 * MIB, 2 * MIB, 3);
    Flush.sync(file);
    bytes.fill(file, MIB + 5, MIB, 4);
    store.commit();
    assertEquals(8 * MIB, file.mappedBytes());
    store.close();
    openStore();
    file = store.file(file.id());
    bytes.requireFilled(file, 0, 5000, 1);
    bytes.requireFilled(file, 5000, MIB + 5 - 5000, 0);
    bytes.requireFilled(file, MIB + 5, MIB, 4);
    bytes.requireFilled(file, 2 * MIB + 5, MIB + 95, 0);
    bytes.requireFilled(file, 3 * MIB + 100, 700, 2);
    bytes.requireFilled(file, 3 * MIB + 800, 3 * MIB - 800, 0);
    bytes.requireFilled(file, 6 * MIB, 2 * MIB, 3);
    bytes.fill(file, 5 * MIB, 10, 5);
  }

  @Test
  void zerosThatAreWrittenGiveBlocksBackButNotReservedOnes() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, 4 * MIB, 1);
    bytes.fill(file, MIB + 100, MIB, 0); // whole blocks of it, and two that stay
    assertEquals(3 * MIB + BLOCK, file.mappedBytes());
    bytes.requireFilled(file, MIB, 100, 1);
    bytes.requireFilled(file, MIB + 100, MIB, 0);
    bytes.requireFilled(file, 2 * MIB + 100, MIB, 1);
    store.commit();
    assertEquals(3 * MIB + BLOCK, store.stats().storedBytes());

    CowFile reserved = bytes.create();
    bytes.fill(reserved, 0, 2 * MIB, 1);
    reserved.reserve(0, 2 * MIB); // all of it is there: only the promise is new
    for (boolean again : new boolean[] {false, true}) {
      bytes.fill(reserved, 0, 2 * MIB, 0);
      assertEquals(2 * MIB, reserved.mappedBytes());
      if (!again) {
        store.abandon();
        openStore();
        reserved = store.file(reserved.id());
      }
    }
    fillTheStore();
    bytes.fill(reserved, 0, 2 * MIB, 3);
    CowFile fork = bytes.fork(reserved);
    bytes.fill(reserved, 0, MIB, 0);
    assertEquals(MIB, reserved.mappedBytes());
    bytes.requireFilled(fork, 0, 2 * MIB, 3);
  }

  @Test
  void aReservationSurvivesACrash() throws Exception {
    CowFile file = bytes.create();
    file.reserve(0, 2 * MIB);
    store.abandon();
    openStore();
    file = store.file(file.id());
    assertEquals(2 * MIB, file.privateBytes());
    fillTheStore();
    bytes.fill(file, 0, 2 * MIB, 1);
  }

  @Test
  void aRangeSharedWithAParentIsReservedByACopy() throws Exception {
    CowFile parent = bytes.create();
    bytes.fill(parent, 0, 2 * MIB, 1);
    CowFile clone = bytes.fork(parent);
    clone.reserve(0, 3 * MIB);
    assertEquals(3 * MIB, clone.privateBytes());
    bytes.requireFilled(clone, 0, 2 * MIB, 1);
    fillTheStore();
    bytes.fill(clone, 100, 3 * MIB - 100, 2);
    bytes.requireFilled(parent, 0, 2 * MIB, 1);
  }

  @Test
  void aReservationPastTheEndServesAFileThatGrowsFromASharedBlock() throws Exception {
    CowFile parent = bytes.create();
    bytes.fill(parent, 0, 5000, 1);
    CowFile clone = bytes.fork(parent);
    clone.reserve(2 * BLOCK, MIB);
    assertEquals(5000, clone.sizeBytes());
    fillTheStore();
    bytes.fill(clone, 3 * BLOCK, BLOCK, 2);
    bytes.requireFilled(clone, 0, 5000, 1);
    bytes.requireFilled(clone, 5000, 3 * BLOCK - 5000, 0);
    bytes.requireFilled(clone, 3 * BLOCK, BLOCK, 2);
  }

  @Test
  void aShrinkTrimsWhatIsReservedPastTheNewEndAndGrowthDoesNot() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, MIB, 1);
    file.reserve(0, 4 * MIB);
    file.resize(2 * MIB);
    assertEquals(4 * MIB, file.mappedBytes());
    file.resize(MIB + 100);
    assertEquals(MIB + BLOCK, file.mappedBytes());
    file.resize(3 * MIB);
    assertEquals(MIB + BLOCK, file.mappedBytes());
    bytes.requireFilled(file, MIB, 2 * MIB, 0);
  }

  @Test
  void aForkTakesTheReservationAwayFromBoth() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, BLOCK, 1);
    file.reserve(0, MIB);
    CowFile fork = bytes.fork(file);
    for (CowFile either : List.of(file, fork)) {
      assertEquals(BLOCK, either.mappedBytes());
      assertEquals(0, either.privateBytes());
      bytes.requireFilled(either, 0, BLOCK, 1);
    }
    fork.resize(MIB);
    bytes.fill(fork, 5 * BLOCK + 10, 10, 2);
    bytes.requireFilled(fork, BLOCK, 4 * BLOCK + 10, 0);
    bytes.fill(file, 5 * BLOCK + 30, 10, 3);
    bytes.requireFilled(file, BLOCK, 4 * BLOCK + 30, 0);
    bytes.requireFilled(fork, 5 * BLOCK + 20, MIB - 5 * BLOCK - 20, 0);
  }

  @Test
  void aFrozenFileKeepsItsReservationUntilItIsThawedWithForksAbout() throws Exception {
    CowFile file = bytes.create();
    file.reserve(0, MIB);
    store.change().freeze(file).apply();
    assertEquals(
        Reason.FROZEN, assertThrows(StoreException.class, () -> file.reserve(0, 1)).reason());
    assertEquals(Reason.FROZEN, assertThrows(StoreException.class, () -> file.zero(0, 1)).reason());
    assertEquals(MIB, file.privateBytes());
    store.change().thaw(file).apply();
    assertEquals(MIB, file.privateBytes());
    store.change().freeze(file).apply();
    CowFile fork = bytes.fork(file);
    assertEquals(0, fork.mappedBytes());
    assertEquals(MIB, file.privateBytes());
    store.change().thaw(file).apply();
    assertEquals(0, file.mappedBytes());
  }

  @Test
  void aRangeCopyOfReservedBlocksSharesNothing() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, MIB, 1);
    file.reserve(MIB, MIB);
    file.resize(2 * MIB);
    CowFile target = bytes.create();
    bytes.fill(target, 0, MIB, 2);
    assertEquals(MIB, file.copyRange(MIB, target, 0, MIB));
    assertEquals(0, target.mappedBytes());
    bytes.requireFilled(target, 0, MIB, 0);
    fillTheStore();
    bytes.fill(file, MIB, MIB, 3);
    bytes.requireFilled(target, 0, MIB, 0);
  }

  @Test
  void aPunchGivesReservedBlocksBackAlsoPastTheEnd() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, BLOCK, 1);
    file.reserve(0, 4 * MIB);
    file.unmap(MIB + 1, MIB);
    assertEquals(3 * MIB + BLOCK, file.mappedBytes());
    file.unmap(0, 4 * MIB);
    assertEquals(0, file.mappedBytes());
    assertEquals(BLOCK, file.sizeBytes());
  }

  @Test
  void aZeroedRangeIsReservedAndNeedsNoSpaceWhereBlocksAre() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, 4 * MIB, 1);
    fillTheStore();
    file.zero(MIB + 100, 2 * MIB);
    assertEquals(4 * MIB, file.privateBytes());
    assertEquals(MIB + BLOCK, file.seekHole(0));
    assertEquals(3 * MIB, file.seekData(MIB + BLOCK));
    bytes.requireFilled(file, 0, MIB + 100, 1);
    bytes.requireFilled(file, MIB + 100, 2 * MIB, 0);
    bytes.requireFilled(file, 3 * MIB + 100, MIB - 100, 1);
    bytes.fill(file, 2 * MIB + 7, 100, 2);
    bytes.requireFilled(file, 2 * MIB, 7, 0);
    bytes.requireFilled(file, 2 * MIB + 107, MIB - 107, 0);
  }

  @Test
  void aZeroedRangeOfACloneLeavesTheParentAlone() throws Exception {
    CowFile parent = bytes.create();
    bytes.fill(parent, 0, 2 * MIB, 1);
    CowFile clone = bytes.fork(parent);
    clone.zero(BLOCK + 1, MIB);
    bytes.requireFilled(parent, 0, 2 * MIB, 1);
    bytes.requireFilled(clone, BLOCK + 1, MIB, 0);
    assertEquals(MIB + BLOCK, clone.privateBytes());
  }

  @Test
  void aReservationThatCanNotBeMetLeavesNothingBehind() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, MIB, MIB, 1);
    file.reserve(0, BLOCK);
    store.commit();
    long stored = store.stats().storedBytes();
    requireFull(() -> file.reserve(0, 1L << 40));
    assertEquals(MIB + BLOCK, file.mappedBytes());
    io.refuseAllocations();
    requireFull(() -> file.reserve(0, 2 * MIB));
    assertEquals(MIB + BLOCK, file.mappedBytes());
    assertEquals(2 * MIB, file.sizeBytes());
    bytes.requireFilled(file, MIB, MIB, 1);
    store.commit();
    assertEquals(stored, store.stats().storedBytes());
  }

  @Test
  void aReservationThatFailsHalfWayIsTakenBack() throws Exception {
    CowFile file = bytes.create();
    file.reserve(2 * MIB, MIB);
    io.grow(300L * MIB);
    io.refuseAllocationsAfter(1);
    requireFull(() -> file.reserve(0, 300 * MIB));
    assertEquals(MIB, file.mappedBytes());
    assertEquals(MIB, file.privateBytes());
  }

  @Test
  void spaceReservedComesBackWithTheFile() throws Exception {
    CowFile file = bytes.create();
    file.reserve(0, 20 * MIB);
    CowFile fork = bytes.fork(file);
    store.change().removeFile(file).removeFile(fork).apply();
    Patience.await(
        "what is freed is free",
        () -> {
          store.commit();
          return store.stats().storedBytes() == 0;
        });
  }

  private void fillTheStore() throws IOException {
    CowFile filler = bytes.create();
    for (long at = 0; ; at += BLOCK) {
      try {
        bytes.fill(filler, at, BLOCK, 9);
      } catch (StoreException full) {
        assertEquals(Reason.FULL, full.reason());
        io.grow(-io.availableBytes(directory));
        return;
      }
    }
  }

  private static void requireFull(Executable call) {
    assertEquals(Reason.FULL, assertThrows(StoreException.class, call).reason());
  }
}
