package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.pando.cowstore.catalog.Catalog;
import dev.pando.cowstore.map.MapPage;
import dev.pando.testing.Patience;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A damaged map page costs the space that it alone leads to, and holds nothing else up. */
final class DamagedTreeTest {
  private static final int MIB = 1 << 20;

  @TempDir Path directory;

  private CowStore store;
  private Bytes bytes;

  /** A leaf leads to 1 MiB. A file whose root is damaged stays, for it can not be removed. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void aRemovedFileWithADamagedPageHoldsNothingElseUp(int level) throws Exception {
    open();
    CowFile damaged = filled(8);
    CowFile sound = filled(8);
    CowFile forked = filled(8);
    CowFile fork = bytes.fork(forked);
    bytes.fill(fork, 0, MIB, 2);
    long epoch = damaged.map.epoch();
    store.close();
    damage(epoch, level);
    open();
    assertEquals(25 * MIB, store.stats().storedBytes());
    for (CowFile file : List.of(damaged, sound, forked)) {
      if (level == 0 || file != damaged) {
        remove(file.id());
      }
    }
    awaitReclaimed();
    long lost = level == 0 ? MIB : 8 * MIB;
    assertEquals(8 * MIB + lost, store.stats().storedBytes(), "the fork, and what is lost");
    assertEquals(level == 0 ? 1 : 0, store.stats().damagedTrees());
    CowFile kept = store.file(fork.id());
    bytes.requireFilled(kept, 0, MIB, 2);
    bytes.requireFilled(kept, MIB, 7 * MIB, 1);
    bytes.fill(kept, MIB, MIB, 3);
    store.commit();
    assertEquals(8 * MIB + lost, store.stats().storedBytes(), "its blocks are its own again");
    assertEquals(StoreState.READY, store.state());
    store.close();
    CheckReport report = CowStore.check(directory, false);
    assertEquals(1, report.damage().size(), report.damage()::toString);
    open();
    awaitReclaimed();
    assertEquals(8 * MIB + lost, store.stats().storedBytes(), "and so it stays");
    store.close();
  }

  /** The older of two forks is damaged where the younger has changed it. */
  @Test
  void aFamilyWithADamagedPageIsJoinedAsFarAsItGoes() throws Exception {
    open();
    CowFile old = filled(8);
    CowFile fork = bytes.fork(old);
    bytes.fill(fork, 0, 4 * MIB, 2);
    CowFile sound = filled(8);
    CowFile soundFork = bytes.fork(sound);
    bytes.fill(soundFork, 0, 4 * MIB, 2);
    long before = old.map.page(0, 2).epoch();
    store.close();
    damage(before, 0);
    open();
    remove(old.id());
    awaitReclaimed();
    remove(sound.id());
    awaitReclaimed();
    assertEquals(1, store.stats().damagedTrees());
    assertEquals(17 * MIB, store.stats().storedBytes(), "one MiB can not be reached any more");
    CowFile kept = store.file(fork.id());
    bytes.requireFilled(kept, 0, 4 * MIB, 2);
    bytes.requireFilled(kept, 4 * MIB, 4 * MIB, 1);
    CowFile again = bytes.fork(kept);
    remove(kept.id());
    awaitReclaimed();
    bytes.requireFilled(again, 4 * MIB, 4 * MIB, 1);
    remove(again.id());
    awaitReclaimed();
    assertEquals(StoreState.READY, store.state());
    store.close();
    CheckReport report = CowStore.check(directory, false);
    assertEquals(1, report.damage().size(), report.damage()::toString);
    open();
    awaitReclaimed();
    CowFile other = store.file(soundFork.id());
    bytes.requireFilled(other, 0, 4 * MIB, 2);
    bytes.requireFilled(other, 4 * MIB, 4 * MIB, 1);
    store.close();
  }

  private void open() throws StoreException {
    store = CowStore.open(directory, Machine.options());
    bytes = new Bytes(store);
  }

  private CowFile filled(int mebibytes) throws StoreException {
    CowFile file = bytes.create();
    bytes.fill(file, 0, (long) mebibytes * MIB, 1);
    return file;
  }

  private void remove(long id) throws StoreException {
    store.change().removeFile(store.file(id)).apply();
    store.commit();
  }

  private void awaitReclaimed() throws StoreException {
    Patience.await(
        "nothing is left to reclaim",
        () -> {
          store.commit();
          return !store.isReclaiming();
        });
  }

  /** Damages the first page of an epoch at a level. */
  private void damage(long epoch, int level) throws Exception {
    try (Catalog catalog = Catalog.open(directory.resolve("catalog"))) {
      long[] victim = {0};
      catalog.scanPages(
          (id, image) -> {
            MapPage page = MapPage.decode(id, image);
            if (page.level() == level && page.epoch() == epoch && victim[0] == 0) {
              victim[0] = id;
            }
          });
      assertFalse(victim[0] == 0);
      try (Catalog.Commit commit = catalog.begin()) {
        commit.putPage(victim[0], ByteBuffer.allocateDirect(MapPage.IMAGE_BYTES));
        commit.commit();
      }
    }
  }
}
