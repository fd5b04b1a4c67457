package dev.pando.cowstore.catalog;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A catalog gives back what was stored, or says that it can not. */
final class CatalogTest {
  private static final byte[] KEY = {'F', 0, 0, 0, 0, 0, 0, 0, 7};
  private static final byte[] OTHER = {'F', 0, 0, 0, 0, 0, 0, 0, 8};
  private static final byte[] VALUE = {1, 2, 3};

  @TempDir Path directory;

  @Test
  void aSwapThatFailsLeavesTheCatalogAsItWas() throws Exception {
    try (Catalog catalog = filled()) {
      Path place = Files.createDirectory(directory.resolve("compact"));
      Files.write(place.resolve("data.mdb"), new byte[20_000]);
      assertThrows(IOException.class, () -> catalog.swapIn(place));
      assertStillThere(catalog);
      Files.delete(place.resolve("data.mdb"));
      assertTimeoutPreemptively(Duration.ofMinutes(5), catalog::compact);
      assertStillThere(catalog);
    }
  }

  @Test
  void aCompactionThatCanNotTakeItsPlaceLeavesTheCatalogAsItWas() throws Exception {
    try (Catalog catalog = filled()) {
      Path data = directory.resolve("data.mdb");
      Files.move(data, directory.resolve("kept"));
      Files.createDirectories(data.resolve("in the way"));
      assertThrows(IOException.class, catalog::compact);
      assertStillThere(catalog);
      Files.delete(data.resolve("in the way"));
      Files.delete(data);
      Files.move(directory.resolve("kept"), data);
      catalog.compact();
      assertStillThere(catalog);
      assertEquals(List.of("data.mdb", "lock.mdb"), names());
    }
    try (Catalog catalog = Catalog.open(directory)) {
      assertStillThere(catalog);
    }
  }

  @Test
  void aValueUnderAnotherKeyIsDamage() throws Exception {
    try (Catalog catalog = filled()) {
      byte[] stored = catalog.stored(KEY);
      assertArrayEquals(VALUE, SealedValue.open(KEY, ByteBuffer.wrap(stored)));
      DamagedCatalogException damage =
          assertThrows(
              DamagedCatalogException.class,
              () -> SealedValue.open(OTHER, ByteBuffer.wrap(stored)));
      assertTrue(damage.getMessage().contains("F-0000000000000008"), damage::getMessage);
    }
  }

  @Test
  void everyFlippedBitOfARecordIsFoundByWhoeverReadsIt() throws Exception {
    filled().close();
    Path data = directory.resolve("data.mdb");
    long at = Bytes.indexOf(Files.readAllBytes(data), VALUE);
    for (int bit = 0; bit < VALUE.length * Byte.SIZE; bit++) {
      flip(data, at * Byte.SIZE + bit);
      try (Catalog catalog = Catalog.open(directory)) {
        assertThrows(DamagedCatalogException.class, () -> catalog.record(KEY));
        assertThrows(
            DamagedCatalogException.class,
            () -> catalog.scan(new byte[] {'F'}, new byte[] {'G'}, (key, value) -> true));
        try (Catalog.Commit commit = catalog.begin()) {
          assertThrows(DamagedCatalogException.class, () -> commit.record(KEY));
        }
      }
      flip(data, at * Byte.SIZE + bit);
    }
    try (Catalog catalog = Catalog.open(directory)) {
      assertStillThere(catalog);
    }
  }

  private Catalog filled() throws IOException {
    Catalog catalog = Catalog.open(directory);
    try (Catalog.Commit commit = catalog.begin()) {
      commit.putRecord(KEY, VALUE);
      commit.commit();
    }
    return catalog;
  }

  /** From another thread: one that has a lock gets it again. */
  private static void assertStillThere(Catalog catalog) {
    assertTimeoutPreemptively(
        Duration.ofMinutes(5), () -> assertArrayEquals(VALUE, catalog.record(KEY)));
  }

  private static void flip(Path file, long bit) throws IOException {
    try (RandomAccessFile data = new RandomAccessFile(file.toFile(), "rw")) {
      data.seek(bit / Byte.SIZE);
      int old = data.read();
      data.seek(bit / Byte.SIZE);
      data.write(old ^ 1 << (bit % Byte.SIZE));
    }
  }

  private List<String> names() throws IOException {
    try (var files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** Where bytes are among others. */
  private static final class Bytes {
    static int indexOf(byte[] all, byte[] part) {
      for (int at = all.length - part.length; at >= 0; at--) {
        if (java.util.Arrays.equals(all, at, at + part.length, part, 0, part.length)) {
          return at;
        }
      }
      throw new AssertionError("not found");
    }
  }
}
