package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.catalog.Catalog;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Stores that version 2 of the format wrote: {@code version-2.zip} has one that was closed and one
 * that was not. Each has file 2, three blocks of sevens; file 3, a fork of it with nines in its
 * second block; the record 0105; and a quota of 1 MiB on group 1.
 */
final class UpgradeTest {
  private static final int BLOCK = 4096;

  @TempDir Path directory;

  @BeforeEach
  void unpack() throws IOException {
    try (InputStream file = UpgradeTest.class.getResourceAsStream("version-2.zip");
        ZipInputStream zip = new ZipInputStream(file)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path path = directory.resolve(entry.getName());
        if (entry.isDirectory()) {
          Files.createDirectory(path);
        } else {
          Files.copy(zip, path);
        }
      }
    }
  }

  @Test
  void aStoreThatWasClosedIsUpgradedWithAllItHolds() throws Exception {
    Path home = directory.resolve("closed");
    String store = Files.readAllLines(home.resolve("format")).get(1);
    for (int life = 0; life < 2; life++) {
      try (CowStore opened = CowStore.open(home, Machine.options())) {
        requireContent(opened);
        new Bytes(opened).fill(opened.file(3), 3 * BLOCK, BLOCK, life);
      }
      assertEquals(List.of("pando-store 3", store), Files.readAllLines(home.resolve("format")));
      CheckReport report = CowStore.checkClosed(home, false);
      assertTrue(report.isSound(), report::toString);
    }
  }

  @Test
  void anUpgradeThatWasInterruptedGoesOn() throws Exception {
    Path home = directory.resolve("closed");
    try (StoreDirectory held = StoreDirectory.open(home, false)) {
      held.upgrade();
    }
    try (CowStore opened = CowStore.open(home, Machine.options())) {
      requireContent(opened);
    }
    assertTrue(CowStore.checkClosed(home, false).isSound());
  }

  @Test
  void aStoreThatWasNotClosedIsRefusedAndLeftAsItWas() throws Exception {
    Path home = directory.resolve("open");
    byte[] journal = Files.readAllBytes(home.resolve("journal"));
    byte[] header = header(home);
    StoreException refused =
        assertThrows(StoreException.class, () -> CowStore.open(home, Machine.options()));
    assertEquals(Reason.FORMAT, refused.reason());
    assertTrue(refused.getMessage().contains("older Pando"), refused::getMessage);
    assertEquals("pando-store 2", Files.readAllLines(home.resolve("format")).get(0));
    assertArrayEquals(journal, Files.readAllBytes(home.resolve("journal")));
    assertArrayEquals(header, header(home));
  }

  private static byte[] header(Path home) throws IOException {
    try (Catalog catalog = Catalog.open(home.resolve("catalog"))) {
      return catalog.stored(StoreHeader.KEY);
    }
  }

  private static void requireContent(CowStore store) throws StoreException {
    Bytes bytes = new Bytes(store);
    bytes.requireFilled(store.file(2), 0, 3 * BLOCK, 7);
    bytes.requireFilled(store.file(3), 0, BLOCK, 7);
    bytes.requireFilled(store.file(3), BLOCK, BLOCK, 9);
    bytes.requireFilled(store.file(3), 2 * BLOCK, BLOCK, 7);
    assertArrayEquals(new byte[] {42}, store.record(new byte[] {1, 5}));
    assertEquals(1 << 20, store.quota(1).limitBytes());
  }
}
