package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.catalog.Catalog;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A record whose effect fails takes nothing with it, and keeps no store from being opened. */
final class FailedEffectTest {
  private static final int BLOCK = 4096;
  private static final byte[] KEY = {1};
  private static final byte[] VALUE = {2};

  @TempDir Path directory;
  private CowStore store;
  private Bytes bytes;

  @BeforeEach
  void open() throws StoreException {
    open(Machine.options());
  }

  private long open(StoreOptions options) throws StoreException {
    long[] survived = new long[1];
    store = CowStore.open(directory, options, number -> survived[0] = number);
    bytes = new Bytes(store);
    return survived[0];
  }

  @Test
  void aBatchOfWhichAPartCanNotBeDoneIsRefusedWhole() throws Exception {
    CowFile file = filled(1);
    CowFile other = filled(2);
    StoreException twice =
        assertThrows(
            StoreException.class,
            () -> store.change().put(KEY, VALUE).removeFile(file).removeFile(file).apply());
    assertEquals(Reason.NO_SUCH_FILE, twice.reason());
    assertThrows(StoreException.class, () -> store.change().removeFile(file).freeze(file).apply());
    assertThrows(
        StoreException.class, () -> store.change().removeFile(file).fork(file, 900, 1).apply());
    assertThrows(
        IllegalArgumentException.class,
        () -> store.change().put(KEY, VALUE).createFile(file.id(), 1).apply());
    assertThrows(
        IllegalArgumentException.class,
        () -> store.change().createFile(901, 1).fork(file, 901, 1).apply());
    assertThrows(
        IllegalArgumentException.class, () -> store.change().fork(file, other.id(), 1).apply());
    assertEquals(StoreState.READY, store.state());
    store.abandon();
    open();
    assertNull(store.record(KEY));
    bytes.requireFilled(store.file(file.id()), 0, BLOCK, 1);
    bytes.requireFilled(store.file(other.id()), 0, BLOCK, 2);
    assertFalse(store.hasFile(901));
    store.close();
  }

  /** The catalog's record of the epoch is damaged, which only the effect of the removal finds. */
  @Test
  void aRecordWhoseEffectFailedKeepsTheStoreFromNothing() throws Exception {
    CowFile file = filled(1);
    damageEpochOf(file);
    long[] told = new long[1];
    store.change().put(KEY, VALUE).apply();
    assertThrows(
        StoreException.class,
        () ->
            store
                .change()
                .removeFile(store.file(file.id()))
                .witness(number -> told[0] = number)
                .apply());
    assertEquals(StoreState.READ_ONLY, store.state());
    store.abandon();
    long survived = open(Machine.options());
    assertTrue(survived < told[0], "it has not happened");
    bytes.requireFilled(store.file(file.id()), 0, BLOCK, 1);
    assertArrayEquals(VALUE, store.record(KEY));
    assertEquals(StoreState.READY, store.state());
    store.close();
  }

  @Test
  void whatWasAcknowledgedAndCanNotBeAppliedIsALossToBeAccepted() throws Exception {
    CowFile file = filled(1);
    store.commit();
    store.change().put(KEY, VALUE).apply();
    store.change().removeFile(file).apply();
    store.change().put(KEY, new byte[] {3}).apply();
    store.abandon();
    damageEpoch(file.map.epoch());
    StoreException refusal =
        assertThrows(StoreException.class, () -> CowStore.open(directory, Machine.options()));
    assertEquals(Reason.LOSS, refusal.reason(), refusal::getMessage);
    assertTrue(refusal.getMessage().contains("record 4 can not be applied"), refusal::getMessage);
    open(Machine.options().withAcceptLoss(true));
    assertArrayEquals(VALUE, store.record(KEY), "what came before");
    bytes.requireFilled(store.file(file.id()), 0, BLOCK, 1);
    store.close();
  }

  /** An error that no program expects, between a record and the mapping that it speaks of. */
  @Test
  void blocksOfARecordWithoutEffectAreGivenToNobodyElse() throws Exception {
    CowFile file = filled(1);
    assertNotNull(bytes.fork(file));
    CowFile other = bytes.create();
    store
        .engine()
        .state
        .pages
        .observeCopies(
            page -> {
              throw new OutOfMemoryError("of a test");
            });
    assertThrows(Throwable.class, () -> bytes.fill(file, 0, BLOCK, 2));
    store.engine().state.pages.observeCopies(null);
    boolean written = false;
    try {
      bytes.fill(other, 0, BLOCK, 3);
      written = true;
    } catch (StoreException e) {
      assertEquals(Reason.READ_ONLY, e.reason());
    }
    store.abandon();
    open();
    byte first = bytes.read(store.file(file.id()), 0, 1)[0];
    assertTrue(first == 1 || first == 2, "byte " + first);
    bytes.requireFilled(store.file(file.id()), 0, BLOCK, first);
    if (written) {
      bytes.requireFilled(store.file(other.id()), 0, BLOCK, 3);
    }
    store.close();
    assertTrue(CowStore.checkClosed(directory, false).isSound());
  }

  private void damageEpochOf(CowFile file) throws IOException {
    long epoch = file.map.epoch();
    store.close();
    damageEpoch(epoch);
    open();
  }

  private void damageEpoch(long epoch) throws IOException {
    try (Catalog catalog = Catalog.open(directory.resolve("catalog"));
        Catalog.Commit commit = catalog.begin()) {
      commit.putRecord(Epochs.key(Epochs.EPOCH, epoch), new byte[] {1, 2, 3});
      commit.commit();
    }
  }

  private CowFile filled(int value) throws StoreException {
    CowFile file = bytes.create();
    bytes.fill(file, 0, BLOCK, value);
    return file;
  }
}
