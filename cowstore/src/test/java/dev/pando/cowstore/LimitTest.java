package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.catalog.Catalog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Files as large as there can be: all of them works, and nothing beyond. */
final class LimitTest {
  private static final int BLOCK = 4096;
  private static final long END = CowFile.MAX_BYTES;

  @TempDir Path directory;
  private CowStore store;
  private Bytes bytes;

  @BeforeEach
  void open() throws StoreException {
    store = CowStore.open(directory, Machine.options());
    bytes = new Bytes(store);
  }

  @AfterEach
  void close() throws StoreException {
    store.close();
  }

  @Test
  void aFileReachesToFourPebibytesAndNotAByteFurther() throws Exception {
    assertEquals(1L << 52, END);
    CowFile file = bytes.create();
    bytes.fill(file, END - 1, 1, 1);
    assertEquals(END, file.sizeBytes());
    CowFile source = bytes.create();
    bytes.fill(source, 0, 2 * BLOCK, 2);
    requireTooBig(() -> bytes.fill(file, END, 1, 1));
    requireTooBig(() -> bytes.fill(file, END - 1, 2, 1));
    requireTooBig(() -> file.resize(END + 1));
    requireTooBig(() -> file.reserve(END - BLOCK, BLOCK + 1));
    requireTooBig(() -> file.zero(END - BLOCK, BLOCK + 1));
    requireTooBig(() -> file.unmap(END - BLOCK, BLOCK + 1));
    requireTooBig(() -> source.copyRange(0, file, END - BLOCK, 2 * BLOCK));
    requireTooBig(() -> source.copyRange(1, file, END - 1, 2));
    assertEquals(BLOCK, file.mappedBytes());

    assertEquals(BLOCK, source.copyRange(0, file, END - BLOCK, BLOCK));
    bytes.requireFilled(file, END - BLOCK, BLOCK, 2);
    file.reserve(END - 2 * BLOCK, 2 * BLOCK);
    assertEquals(2 * BLOCK, file.privateBytes());
    file.zero(END - BLOCK, BLOCK);
    bytes.requireFilled(file, END - BLOCK, BLOCK, 0);
    file.unmap(END - 2 * BLOCK, 2 * BLOCK);
    assertEquals(0, file.mappedBytes());
    file.resize(0);
    file.resize(END);
    assertEquals(END - 1, file.seekHole(END - 1));
    assertEquals(-1, file.seekData(0));
  }

  @Test
  void aSparseFileOfManyTebibytesKnowsWhereItsDataIs() throws Exception {
    CowFile file = bytes.create();
    long[] places = {0, 7L << 30, (16L << 40) - BLOCK, 16L << 40, 70L << 40, 3L << 50};
    for (long place : places) {
      bytes.fill(file, place, BLOCK, 1);
    }
    for (int pass = 0; pass < 2; pass++) { // before the commit, and after
      long at = 0;
      for (int i = 0; i < places.length; i++) {
        at = file.seekData(at);
        assertEquals(places[i], at);
        bytes.requireFilled(file, at, BLOCK, 1);
        at = file.seekHole(at);
        if (i == 2) {
          assertEquals(places[3] + BLOCK, at);
          i++; // the two are neighbours
        }
      }
      assertEquals(file.sizeBytes(), at);
      store.commit();
    }
    file.resize((16L << 40) + 100);
    assertEquals(4 * BLOCK, file.mappedBytes());
  }

  @Test
  void withTheLastIdsForMapPagesAStoreReadsAndTakesNothingMore() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, BLOCK, 1);
    store.close();
    long last = (1L << 40) - (1L << 20);
    nextPage(last - 5);
    store = CowStore.open(directory, Machine.options());
    bytes = new Bytes(store);
    CowFile again = store.file(file.id());
    bytes.fill(again, 1L << 30, BLOCK, 2); // a leaf and three pages above it
    store.commit();
    bytes.fill(again, 1L << 40, BLOCK, 3); // one begins with the last id; all that it needs is kept
    StoreException refused =
        assertThrows(StoreException.class, () -> bytes.fill(again, 2L << 40, BLOCK, 4));
    assertEquals(Reason.FULL, refused.reason());
    store.close();
    store = CowStore.open(directory, Machine.options());
    bytes = new Bytes(store);
    bytes.requireFilled(store.file(file.id()), 0, BLOCK, 1);
    bytes.requireFilled(store.file(file.id()), 1L << 30, BLOCK, 2);
    bytes.requireFilled(store.file(file.id()), 1L << 40, BLOCK, 3);
  }

  /** Makes the closed store go on with this id for a map page. */
  private void nextPage(long id) throws IOException {
    int offset = 2 * Long.BYTES + Long.BYTES + 1 + 2 * Long.BYTES;
    try (Catalog catalog = Catalog.open(directory.resolve("catalog"));
        Catalog.Commit commit = catalog.begin()) {
      byte[] header = catalog.record(StoreHeader.KEY);
      commit.putRecord(StoreHeader.KEY, ByteBuffer.wrap(header).putLong(offset, id).array());
      commit.commit();
    }
  }

  private static void requireTooBig(Executable call) {
    assertEquals(Reason.TOO_BIG, assertThrows(StoreException.class, call).reason());
  }
}
