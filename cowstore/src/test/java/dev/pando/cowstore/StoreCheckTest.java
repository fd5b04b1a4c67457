package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.catalog.Catalog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A check finds what was broken on purpose, and puts right only what follows from the maps. */
final class StoreCheckTest {
  private static final long FIRST = 2;
  private static final long FORK = 3;
  private static final int BYTES = 3 << 20;

  @TempDir Path directory;
  private final byte[] content = new byte[BYTES];

  @BeforeEach
  void fill() throws Exception {
    new Random(1).nextBytes(content);
    try (CowStore store = open()) {
      store.nextNumber();
      store.nextNumber();
      store.change().createFile(FIRST, 1).apply();
      store.file(FIRST).write(0, direct(content, 0, 1 << 20));
      store.file(FIRST).write(1 << 20, direct(content, 1 << 20, 1 << 20));
      store.file(FIRST).write(2 << 20, direct(content, 2 << 20, 1 << 20));
      store.change().fork(store.file(FIRST), FORK, 1).apply();
      store.file(FORK).write(0, direct(content, 5, 4096));
    }
  }

  private static ByteBuffer direct(byte[] bytes, int from, int length) {
    return ByteBuffer.allocateDirect(length).put(bytes, from, length).flip();
  }

  private CowStore open() throws StoreException {
    return CowStore.open(directory, Machine.options());
  }

  private CheckReport check(boolean repair) throws StoreException {
    return CowStore.check(directory, repair);
  }

  /** What is done to a catalog. */
  @FunctionalInterface
  private interface Harm {
    void to(Catalog catalog, Catalog.Commit commit) throws IOException;
  }

  private void harm(Harm harm) throws IOException {
    try (Catalog catalog = Catalog.open(directory.resolve("catalog"));
        Catalog.Commit commit = catalog.begin()) {
      harm.to(catalog, commit);
      commit.commit();
    }
  }

  private byte[] read() throws StoreException {
    try (CowStore store = open()) {
      ByteBuffer buffer = ByteBuffer.allocateDirect(BYTES);
      int done = 0;
      while (done < BYTES) {
        buffer.limit(Math.min(BYTES, done + (1 << 20)));
        done += store.file(FIRST).read(done, buffer);
      }
      byte[] bytes = new byte[BYTES];
      buffer.flip().get(bytes);
      return bytes;
    }
  }

  /** The ids and images of all map pages. */
  private static List<byte[]> pages(Catalog catalog, List<Long> ids) throws IOException {
    List<byte[]> images = new ArrayList<>();
    catalog.scanPages(
        (id, image) -> {
          byte[] bytes = new byte[image.remaining()];
          image.get(bytes);
          ids.add(id);
          images.add(bytes);
        });
    return images;
  }

  @Test
  void aSoundStoreIsSound() throws Exception {
    CheckReport report = check(false);
    assertTrue(report.isSound(), report::toString);
    assertEquals(2, report.files());
    assertEquals(BYTES + 4096, report.usedBytes());
  }

  @Test
  void freeSpaceAndCountersThatAreWrongAreFoundAndPutRight() throws Exception {
    harm(
        (catalog, commit) -> {
          commit.removeRecord(Epochs.key((byte) 'S', 0));
          commit.putRecord(Epochs.key((byte) 'G', 0), new byte[] {0, 0, 0, 9});
          byte[] key = FileRecord.key(FORK);
          FileRecord file = FileRecord.decode(catalog.record(key));
          commit.putRecord(
              key,
              new FileRecord(
                      file.sizeBytes(),
                      file.root(),
                      file.epoch(),
                      1,
                      77,
                      file.dataTime(),
                      file.group(),
                      file.flags(),
                      0)
                  .encode());
        });
    CheckReport found = check(false);
    assertTrue(found.damage().isEmpty(), found::toString);
    assertTrue(found.found() >= 771, found::toString);
    assertEquals(CheckReport.MOST, found.inaccuracies().size());
    assertTrue(check(true).repaired());
    CheckReport after = check(false);
    assertTrue(after.isSound(), after::toString);
    assertEquals(4096, privateBytes());
    assertArrayEquals(content, read());
  }

  private long privateBytes() throws StoreException {
    try (CowStore store = open()) {
      return store.file(FORK).privateBytes();
    }
  }

  @Test
  void everyFlippedBitOfAMapPageIsFoundAndNothingIsGuessed() throws Exception {
    List<Long> ids = new ArrayList<>();
    List<byte[]> images;
    try (Catalog catalog = Catalog.open(directory.resolve("catalog"))) {
      images = pages(catalog, ids);
    }
    Random random = new Random(2);
    for (int round = 0; round < 20; round++) {
      int page = random.nextInt(ids.size());
      byte[] broken = images.get(page).clone();
      broken[random.nextInt(broken.length)] ^= (byte) (1 << random.nextInt(8));
      put(ids.get(page), broken);
      CheckReport report = check(true);
      assertFalse(report.damage().isEmpty(), report::toString);
      assertFalse(report.repaired());
      put(ids.get(page), images.get(page));
    }
    assertTrue(check(false).isSound());
  }

  private void put(long id, byte[] image) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(image.length).put(image).flip();
    harm((catalog, commit) -> commit.putPage(id, buffer));
  }

  @Test
  void aLostPageAndAPageThatNobodyWantsAreFound() throws Exception {
    List<Long> ids = new ArrayList<>();
    List<byte[]> images;
    try (Catalog catalog = Catalog.open(directory.resolve("catalog"))) {
      images = pages(catalog, ids);
    }
    put(999, images.get(0));
    CheckReport orphan = check(true);
    assertEquals(1, orphan.inaccuracies().size(), orphan::toString);
    assertTrue(orphan.repaired());
    harm((catalog, commit) -> commit.removePage(ids.get(0)));
    CheckReport lost = check(true);
    assertTrue(lost.damage().get(0).contains("which is missing"), lost::toString);
    assertFalse(lost.repaired());
  }

  @Test
  void aStoreInUseIsNotChecked() throws Exception {
    try (CowStore store = open()) {
      StoreException refused = assertThrows(StoreException.class, () -> check(false));
      assertEquals(StoreException.Reason.IN_USE, refused.reason());
      assertEquals(StoreState.READY, store.state());
    }
  }
}
