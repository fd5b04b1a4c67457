package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.io.FileSystemHold;
import dev.pando.cowstore.io.RecordingIo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What was acknowledged counts after the end of a process only if the host has it for certain; else
 * what was synced does, and nothing else is shown in its place.
 */
final class EarlierWritesTest {
  private static final int FILE_BYTES = 300_000;
  private static final int SEEDS = 8;

  /** Of the synced file, which is overwritten, and of the other, whose blocks were its before. */
  private static final int SYNCED = 1;

  private static final int UNSYNCED = 2;

  @TempDir Path directory;
  private RecordingIo io;
  private FileSystemHold hold;
  private CowStore store;
  private Bytes bytes;
  private long syncedFile;
  private long unsyncedFile;

  /** One synced file, one that is not. The hold is as old as the first process. */
  @BeforeEach
  void open() throws Exception {
    io = new RecordingIo();
    hold = io.hold(directory);
    open(false);
    CowFile synced = filled(SYNCED);
    Flush.sync(synced);
    syncedFile = synced.id();
    unsyncedFile = filled(UNSYNCED).id();
  }

  @AfterEach
  void close() throws IOException {
    if (store.state() != StoreState.CLOSED) {
      store.abandon();
    }
    io.close();
  }

  private void open(boolean takesOver) throws StoreException {
    store =
        CowStore.open(
            directory,
            Machine.options()
                .withIo(io)
                .withHold(takesOver ? hold : FileSystemHold.NONE, takesOver));
    bytes = new Bytes(store);
  }

  private void end() throws StoreException {
    io.stop();
    store.abandon();
    io.restart();
  }

  private CowFile filled(int value) throws StoreException {
    CowFile file = bytes.create();
    bytes.fill(file, 0, FILE_BYTES, value);
    return file;
  }

  private void requireSynced() throws StoreException {
    bytes.requireFilled(store.file(syncedFile), 0, FILE_BYTES, SYNCED);
  }

  private void requireAll() throws StoreException {
    requireSynced();
    bytes.requireFilled(store.file(unsyncedFile), 0, FILE_BYTES, UNSYNCED);
    assertEquals(StoreState.READY, store.state());
    assertEquals(List.of(), store.findings());
  }

  /** No byte of it is claimed that the disk does not have. */
  private void requireOnlySynced() throws StoreException {
    requireSynced();
    assertFalse(store.hasFile(unsyncedFile), "its blocks may hold anything");
    assertEquals(StoreState.READY, store.state());
  }

  private void requireToldOfLoss() {
    String found = store.findings().toString();
    assertTrue(found.contains("what was not synced may be lost: the host"), found);
  }

  @Test
  void afterTheEndOfAProcessAllIsThere() throws Exception {
    end();
    open(false);
    requireAll();
  }

  @Test
  void aDiskThatWasLostAndCameBackHasOnlyWhatWasSynced() throws Exception {
    for (int seed = 0; seed < SEEDS; seed++) {
      io.stop();
      store.abandon();
      io.remount(seed);
      open(false);
      requireToldOfLoss();
      requireOnlySynced();
      unsyncedFile = filled(UNSYNCED).id();
    }
  }

  /** A check brings it in order: nobody else will find it. */
  @Test
  void aCheckTellsOfADiskThatWasLost() throws Exception {
    io.stop();
    store.abandon();
    io.remount(1);
    StoreOptions options = Machine.options().withIo(io);
    String found = CowStore.check(directory, options, false).findings().toString();
    assertTrue(found.contains("what was not synced may be lost: the host"), found);
    assertEquals(List.of(), CowStore.check(directory, options, false).findings());
    open(false);
    assertEquals(List.of(), store.findings());
  }

  @Test
  void withoutANameOfThePageCacheOnlyWhoHeldTheFileSystemKnows() throws Exception {
    io.withoutNames();
    end();
    open(true);
    requireAll();
    end();
    open(false);
    requireSynced();
    bytes.requireFilled(store.file(unsyncedFile), 0, FILE_BYTES, UNSYNCED); // committed meanwhile
    unsyncedFile = filled(UNSYNCED).id();
    end();
    open(false);
    requireOnlySynced();
  }

  /** The new file system has the device number of the old one, and no error. */
  @Test
  void aHoldOfTheFileSystemThatWasLostProvesNothing() throws Exception {
    io.stop();
    store.abandon();
    io.remount(1);
    open(true);
    requireSynced();
    assertEquals(StoreState.READ_ONLY, store.state());
  }

  @Test
  void whatTheHostCouldNotWriteIsALoss() throws Exception {
    end();
    io.loseWrites(1);
    open(false);
    requireOnlySynced();
  }

  @Test
  void whatTheHostCouldNotWriteIsALossAlsoIfAnotherWasToldOfIt() throws Exception {
    end();
    io.loseWrites(1);
    io.tellAnother();
    open(false); // each segment's file knows
    requireOnlySynced();
  }

  @Test
  void aFlushThatFailedIsRememberedWhoeverWasTold() throws Exception {
    bytes.fill(store.file(unsyncedFile), 0, 10, UNSYNCED);
    io.failFlush(1);
    assertThrows(StoreException.class, () -> Flush.sync(store.file(unsyncedFile)));
    assertEquals(StoreState.READ_ONLY, store.state());
    io.tellAnother();
    io.forgetFiles();
    end();
    open(false);
    requireToldOfLoss();
    requireOnlySynced();
    store.close();
    open(false);
    requireOnlySynced();
    assertEquals(List.of(), store.findings(), "it is told once");
  }

  /** Only the hold knows, and it tells once: the process that was told dies of it. */
  @Test
  void whatWasToldOnceIsRememberedByTheNextProcessToo() throws Exception {
    end();
    io.loseWrites(1);
    io.tellAnother();
    io.forgetFiles();
    open(true);
    assertEquals(StoreState.READ_ONLY, store.state());
    end();
    open(true);
    assertEquals(StoreState.READ_ONLY, store.state());
    end();
    open(false);
    requireOnlySynced();
  }

  /** Who has the store open, as a guest has, learns that what it wrote may be gone. */
  @Test
  void whoeverTakesOverAfterALossClaimsNothingAndSettlesNothing() throws Exception {
    io.failFlush(1);
    assertThrows(StoreException.class, () -> Flush.sync(store.file(unsyncedFile)));
    for (int process = 0; process < 3; process++) {
      end();
      open(true);
      requireSynced();
      assertEquals(StoreState.READ_ONLY, store.state());
      CowFile file = store.file(syncedFile);
      assertThrows(StoreException.class, () -> Flush.sync(file));
      assertThrows(StoreException.class, () -> bytes.fill(file, 0, 10, 3));
      assertThrows(StoreException.class, () -> store.commit());
    }
    assertThrows(StoreException.class, () -> store.close());
    open(false);
    requireOnlySynced();
  }

  @Test
  void aLossThatWasSettledIsOver() throws Exception {
    end();
    io.loseWrites(1);
    open(false);
    requireOnlySynced();
    unsyncedFile = filled(UNSYNCED).id();
    end();
    open(false);
    requireAll();
  }

  /** An overwrite in place is in no record, so no journal is needed to lose it. */
  @Test
  void aSyncAfterAnAcceptedLossCoversWhatWasWrittenInPlaceBefore() throws Exception {
    for (int seed = 0; seed < SEEDS; seed++) {
      store.commit();
      bytes.fill(store.file(syncedFile), 0, FILE_BYTES, 7);
      end();
      Files.delete(directory.resolve("journal"));
      assertEquals(Reason.LOSS, assertThrows(StoreException.class, () -> open(false)).reason());
      store = CowStore.open(directory, Machine.options().withIo(io).withAcceptLoss(true));
      bytes = new Bytes(store);
      bytes.requireFilled(store.file(syncedFile), 0, FILE_BYTES, 7);
      Flush.sync(store.file(syncedFile));
      io.stop();
      store.abandon();
      io.powerLoss(seed);
      open(false);
      bytes.requireFilled(store.file(syncedFile), 0, FILE_BYTES, 7);
      bytes.fill(store.file(syncedFile), 0, FILE_BYTES, SYNCED);
    }
  }

  @Test
  void anErrorThatIsOverIsNoneOfALaterOpening() throws Exception {
    store.close();
    io.loseWrites(1);
    open(false);
    assertTrue(store.hasFile(unsyncedFile));
    requireAll();
  }
}
