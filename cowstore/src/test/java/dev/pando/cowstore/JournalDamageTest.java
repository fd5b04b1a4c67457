package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.CrashedStore.Least;
import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.journal.JournalHeader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A journal that is damaged anywhere is never taken for a shorter one: all is there that must be,
 * or the opening is refused and has changed nothing. {@code -Dpando.test.operations=N} damages each
 * journal in N random places besides those that are chosen.
 */
final class JournalDamageTest {
  private static final int PLACES = 40;
  private static final int SECTOR = 512;
  private static final int PAGE = 4096;

  @TempDir Path directory;
  private int refused;
  private int opened;

  static LongStream seeds() {
    return Seeds.of(3);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void nothingAcknowledgedIsMissingWithoutAWordAfterACrash(long seed) throws Exception {
    try (CrashedStore store = new CrashedStore(directory.resolve("store"), seed)) {
      store.end(false);
      damageEverywhere(store, new Random(seed), offset -> Least.ACKNOWLEDGED);
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void nothingSyncedIsMissingWithoutAWordAfterTheLossOfPower(long seed) throws Exception {
    try (CrashedStore store = new CrashedStore(directory.resolve("store"), seed)) {
      store.end(true);
      // what the last flush wrote can look like one that was broken off
      int last = store.records().lastFlush();
      int end = store.records().end();
      damageEverywhere(
          store,
          new Random(seed),
          offset -> offset.touches(last, end) ? Least.SYNCED_BEFORE_THE_LAST_FLUSH : Least.SYNCED);
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void nothingSyncedIsMissingWithoutAWordInAnotherBoot(long seed) throws Exception {
    try (CrashedStore store = new CrashedStore(directory.resolve("store"), seed)) {
      store.endWithAllWritten();
      int last = store.records().lastFlush();
      int end = store.records().end();
      damageEverywhere(
          store,
          new Random(seed),
          offset -> offset.touches(last, end) ? Least.SYNCED_BEFORE_THE_LAST_FLUSH : Least.SYNCED);
    }
  }

  /** Part of the file. */
  private record Place(int from, int length) {
    /**
     * Whether it has bytes of a part that goes round the end of the file if {@code end} is lower.
     */
    boolean touches(int begin, int end) {
      boolean before = from < end;
      boolean behind = from + length > begin;
      return begin <= end ? before && behind : before || behind;
    }
  }

  @FunctionalInterface
  private interface Promise {
    Least at(Place place);
  }

  private void damageEverywhere(CrashedStore store, Random random, Promise promise)
      throws IOException {
    store.save();
    int bytes = store.savedJournal().length;
    store.requireAll(promise.at(new Place(0, 0)), false);
    store.restore();
    for (int sector = 0; sector < JournalHeader.BYTES; sector += SECTOR) {
      zero(store, new Place(sector, SECTOR), promise);
      for (int at : new int[] {0, 9, 25, 34, 41, 50, 113, SECTOR - 2}) {
        flip(store, random, sector + at, promise);
      }
    }
    zero(store, new Place(0, JournalHeader.BYTES), promise);
    CrashedStore.Records records = store.records();
    for (int i = 0; i < Seeds.operations(PLACES) && !records.starts().isEmpty(); i++) {
      int start = records.starts().get(random.nextInt(records.starts().size()));
      if (random.nextInt(3) == 0) { // the end is what is most easily taken for one
        start =
            records
                .starts()
                .get(
                    records.starts().size()
                        - 1
                        - random.nextInt(Math.min(3, records.starts().size())));
      }
      int at = start + random.nextInt(60);
      switch (random.nextInt(6)) {
        case 0, 1, 2 -> flip(store, random, Math.min(at, bytes - 1), promise);
        case 3 -> zero(store, new Place(at / SECTOR * SECTOR, SECTOR), promise);
        case 4 -> zero(store, new Place(at / PAGE * PAGE, PAGE), promise);
        default -> flip(store, random, random.nextInt(bytes), promise);
      }
    }
    for (int cut : new int[] {0, 100, PAGE, bytes / 2, bytes - PAGE, bytes - 1, bytes + 1}) {
      cut(store, cut, promise);
    }
    assertTrue(refused > 10 && opened > 10, refused + " refused, " + opened + " opened");
  }

  private void flip(CrashedStore store, Random random, int at, Promise promise) throws IOException {
    byte value = (byte) (store.savedJournal()[at] ^ 1 << random.nextInt(8));
    store.damage(at, new byte[] {value});
    require(store, "a flipped bit in byte " + at, promise.at(new Place(at, 1)));
  }

  private void zero(CrashedStore store, Place place, Promise promise) throws IOException {
    store.damage(place.from(), new byte[place.length()]);
    require(store, "zeros in " + place, promise.at(place));
  }

  private void cut(CrashedStore store, int bytes, Promise promise) throws IOException {
    if (bytes > store.savedJournal().length) {
      store.damage(bytes - 1, new byte[1]);
    } else {
      store.cut(bytes);
    }
    require(store, "a length of " + bytes, promise.at(new Place(0, 0)));
  }

  private void require(CrashedStore store, String damage, Least least) throws IOException {
    byte[] damaged = Files.readAllBytes(store.journal());
    try {
      store.requireAll(least, false);
      opened++;
    } catch (StoreException e) {
      assertEquals(Reason.LOSS, e.reason(), e::getMessage);
      assertTrue(e.getMessage().contains("--accept-loss"), e::getMessage);
      assertTrue(!store.check().isSound(), damage);
      assertArrayEquals(damaged, Files.readAllBytes(store.journal()), "a refusal changes nothing");
      assertTrue(store.keptAside().isEmpty(), store.keptAside()::toString);
      refused++;
    } catch (AssertionError e) {
      throw new AssertionError("with " + damage + ": " + e.getMessage(), e);
    }
    store.restore();
    assertTrue(Arrays.equals(store.savedJournal(), Files.readAllBytes(store.journal())));
  }
}
