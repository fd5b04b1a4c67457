package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.CrashedStore.Part;
import dev.pando.cowstore.CrashedStore.Stamps;
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
      damageEverywhere(store, new Random(seed), place -> store.acknowledged());
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void nothingSyncedIsMissingWithoutAWordAfterTheLossOfPower(long seed) throws Exception {
    try (CrashedStore store = new CrashedStore(directory.resolve("store"), seed)) {
      store.end(true);
      damageEverywhere(store, new Random(seed), store::leastWithout);
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void nothingSyncedIsMissingWithoutAWordInAnotherBoot(long seed) throws Exception {
    try (CrashedStore store = new CrashedStore(directory.resolve("store"), seed)) {
      store.endWithAllWritten();
      damageEverywhere(store, new Random(seed), store::leastWithout);
    }
  }

  @FunctionalInterface
  private interface Promise {
    Stamps at(Part damage);
  }

  private void damageEverywhere(CrashedStore store, Random random, Promise promise)
      throws IOException {
    store.save();
    int bytes = store.savedJournal().length;
    store.requireAll(promise.at(new Part(0, 0)), false);
    store.restore();
    for (int sector = 0; sector < JournalHeader.BYTES; sector += SECTOR) {
      zero(store, new Part(sector, SECTOR), promise);
      for (int at : new int[] {0, 9, 25, 34, 41, 50, 113, SECTOR - 2}) {
        flip(store, random, sector + at, promise);
      }
    }
    zero(store, new Part(0, JournalHeader.BYTES), promise);
    CrashedStore.Records records = store.records();
    for (int i = 0; i < Seeds.operations(PLACES) && !records.all().isEmpty(); i++) {
      int count = records.all().size();
      // the end is what is most easily taken for one
      int chosen =
          random.nextInt(3) == 0
              ? count - 1 - random.nextInt(Math.min(3, count))
              : random.nextInt(count);
      int start = records.all().get(chosen).from();
      int at = start + random.nextInt(60);
      switch (random.nextInt(6)) {
        case 0, 1, 2 -> flip(store, random, Math.min(at, bytes - 1), promise);
        case 3 -> zero(store, new Part(at / SECTOR * SECTOR, SECTOR), promise);
        case 4 -> zero(store, new Part(at / PAGE * PAGE, PAGE), promise);
        default -> flip(store, random, random.nextInt(bytes), promise);
      }
    }
    for (int cut : new int[] {0, 100, PAGE, bytes / 2, bytes - PAGE, bytes - 1, bytes + 1}) {
      cut(store, cut, promise);
    }
    // a commit in the background may have come last, and left nothing in the ring to be damaged
    int least = records.marks().size() < 5 ? 5 : 10;
    assertTrue(refused > least && opened > 10, refused + " refused, " + opened + " opened");
  }

  private void flip(CrashedStore store, Random random, int at, Promise promise) throws IOException {
    byte value = (byte) (store.savedJournal()[at] ^ 1 << random.nextInt(8));
    store.damage(at, new byte[] {value});
    require(store, "a flipped bit in byte " + at, promise.at(new Part(at, 1)));
  }

  private void zero(CrashedStore store, Part place, Promise promise) throws IOException {
    store.damage(place.from(), new byte[place.length()]);
    require(store, "zeros in " + place, promise.at(place));
  }

  private void cut(CrashedStore store, int bytes, Promise promise) throws IOException {
    if (bytes > store.savedJournal().length) {
      store.damage(bytes - 1, new byte[1]);
    } else {
      store.cut(bytes);
    }
    require(store, "a length of " + bytes, promise.at(new Part(0, 0)));
  }

  private void require(CrashedStore store, String damage, Stamps least) throws IOException {
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
