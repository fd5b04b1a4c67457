package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.io.NativeBuffer;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file's edges: its end, its holes, its blocks when others had them before. */
final class CowFileTest {
  private static final int BLOCK = 4096;

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
  void aReadStopsAtTheEnd() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, 5000, 1);
    NativeBuffer memory = NativeBuffer.of(10_000);
    assertEquals(5000, file.read(0, memory.address(), 10_000));
    assertEquals(904, file.read(4096, memory.address(), 10_000));
    assertEquals(0, file.read(5000, memory.address(), 10_000));
    assertEquals(0, file.read(1L << 40, memory.address(), 10_000));
  }

  @Test
  void bytesThatWereCutOffDoNotComeBack() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, 3 * BLOCK, 1);
    file.resize(1000);
    file.resize(3 * BLOCK);
    bytes.requireFilled(file, 0, 1000, 1);
    bytes.requireFilled(file, 1000, 3 * BLOCK - 1000, 0);
  }

  @Test
  void aWritePastTheEndLeavesZerosBetween() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, 3 * BLOCK, 1);
    file.resize(1000);
    bytes.fill(file, 2000, 10, 2);
    bytes.requireFilled(file, 1000, 1000, 0);
    bytes.fill(file, 3 * BLOCK - 5, 10, 3);
    bytes.requireFilled(file, 2010, 3 * BLOCK - 5 - 2010, 0);
  }

  @Test
  void aRecycledBlockShowsNothingOfItsFormerFile() throws Exception {
    CowFile former = bytes.create();
    bytes.fill(former, 0, 4 << 20, 0x5a);
    store.change().removeFile(former).apply();
    store.commit();
    store.commit();
    CowFile file = bytes.create();
    for (int block = 0; block < 512; block++) {
      bytes.fill(file, block * 2L * BLOCK + 1500, 100, 1);
    }
    for (int block = 0; block < 511; block++) {
      bytes.requireFilled(file, block * 2L * BLOCK + 1600, 2 * BLOCK - 100, 0);
    }
  }

  @Test
  void anUnwrittenRangeIsAHoleAndTakesNoSpace() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 300L << 20, BLOCK, 1);
    bytes.fill(file, 70L << 30, 1, 2);
    assertEquals(2 * BLOCK, file.mappedBytes());
    assertEquals(300L << 20, file.seekData(0));
    assertEquals((300L << 20) + BLOCK, file.seekHole(300L << 20));
    assertEquals(70L << 30, file.seekData((300L << 20) + BLOCK));
    assertEquals((70L << 30) + 1, file.seekHole(70L << 30));
    bytes.requireFilled(file, 1L << 30, 1 << 20, 0);
  }

  @Test
  void anUnmappedRangeIsAHoleAgain() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, 5 << 20, 1);
    file.unmap(BLOCK + 1, (4 << 20) - BLOCK - 1);
    assertEquals(2 * BLOCK, file.seekHole(0));
    assertEquals(4 << 20, file.seekData(2 * BLOCK));
    assertEquals(5 << 20, file.sizeBytes());
    assertEquals(2 * BLOCK + (1 << 20), file.mappedBytes());
    bytes.requireFilled(file, 0, BLOCK + 1, 1);
    bytes.requireFilled(file, BLOCK + 1, BLOCK - 1, 0);
    bytes.requireFilled(file, 4 << 20, 1 << 20, 1);
  }

  @Test
  void whatIsTooFarOutIsRefusedAndChangesNothing() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, 10, 1);
    for (long offset : new long[] {Long.MAX_VALUE - 5, 1L << 60}) {
      assertEquals(
          Reason.TOO_BIG,
          assertThrows(StoreException.class, () -> bytes.fill(file, offset, 10, 1)).reason());
      assertEquals(
          Reason.TOO_BIG, assertThrows(StoreException.class, () -> file.resize(offset)).reason());
    }
    assertEquals(10, file.sizeBytes());
    bytes.requireFilled(file, 0, 10, 1);
  }

  @Test
  void anIdHasOneLiveFile() throws Exception {
    CowFile file = bytes.create();
    assertSame(file, store.file(file.id()));
  }

  @Test
  void aFileThatIsNotThereIsSaidNotToBe() throws Exception {
    long id = bytes.create().id();
    assertTrue(store.hasFile(id));
    store.change().removeFile(store.file(id)).apply();
    assertFalse(store.hasFile(id));
    assertEquals(
        Reason.NO_SUCH_FILE, assertThrows(StoreException.class, () -> store.file(id)).reason());
  }

  @Test
  void theTimeOfTheDataMovesWithWritesOnly() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, 10, 1);
    long written = file.dataTimeNanos();
    assertNotEquals(0, written);
    bytes.requireFilled(file, 0, 10, 1);
    assertEquals(written, file.dataTimeNanos());
    file.resize(5);
    assertTrue(file.dataTimeNanos() >= written);
  }

  @Test
  void numbersNeverComeAgain() throws Exception {
    Set<Long> numbers = new HashSet<>();
    for (int opening = 0; opening < 3; opening++) {
      for (int i = 0; i < 1000; i++) {
        assertTrue(numbers.add(store.nextNumber()));
      }
      store.close();
      open();
    }
  }
}
