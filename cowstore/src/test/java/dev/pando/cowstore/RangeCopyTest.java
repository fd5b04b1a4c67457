package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pando.cowstore.io.NativeBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Copies within one file and past ends do what copying the bytes would. */
final class RangeCopyTest {
  private static final int BLOCK = 4096;
  private static final int LARGEST_BYTES = 900_000;
  private static final int COPIES = 150;

  @TempDir Path directory;
  private CowStore store;
  private Bytes bytes;

  static LongStream seeds() {
    return Seeds.of(3);
  }

  @BeforeEach
  void open() throws StoreException {
    store = CowStore.open(directory, Machine.options());
    bytes = new Bytes(store);
  }

  @AfterEach
  void close() throws StoreException {
    store.close();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aCopyWithinAFileMovesTheBytesAlsoIfTheRangesOverlap(long seed) throws Exception {
    Random random = new Random(seed);
    CowFile file = bytes.create();
    byte[] model = new byte[500_000];
    random.nextBytes(model);
    NativeBuffer memory = NativeBuffer.of(LARGEST_BYTES);
    memory.bytes().put(0, model);
    file.write(0, memory.address(), model.length);
    for (int i = 0; i < Seeds.operations(COPIES); i++) {
      int unit = random.nextBoolean() ? BLOCK : 1;
      int from = random.nextInt(model.length) / unit * unit;
      int to = random.nextInt(3) == 0 ? from : from + random.nextInt(60_000) - 30_000;
      to = Math.min(600_000, Math.max(0, to) / unit * unit);
      int length = 1 + random.nextInt(200_000);
      int count = Math.min(length, model.length - from);
      assertEquals(count, file.copyRange(from, file, to, length), "seed " + seed + ", copy " + i);
      byte[] moved = Arrays.copyOfRange(model, from, from + count);
      model = Arrays.copyOf(model, Math.max(model.length, to + count));
      System.arraycopy(moved, 0, model, to, count);
      assertEquals(model.length, file.sizeBytes());
      assertEquals(model.length, file.read(0, memory.address(), LARGEST_BYTES));
      assertArrayEquals(model, memory.first(model.length), "seed " + seed + ", copy " + i);
    }
  }

  @Test
  void aCopyFromPastTheEndCopiesNothing() throws Exception {
    CowFile source = bytes.create();
    bytes.fill(source, 0, 5000, 1);
    CowFile target = bytes.create();
    assertEquals(0, source.copyRange(5000, target, 0, 10));
    assertEquals(0, target.sizeBytes());
    assertEquals(100, source.copyRange(4900, target, 7, Long.MAX_VALUE));
    assertEquals(107, target.sizeBytes());
    bytes.requireFilled(target, 0, 7, 0);
    bytes.requireFilled(target, 7, 100, 1);
  }

  @Test
  void aCopyOfAWholeFileOntoAnEmptyOneTakesNoSpaceWhateverItsSize() throws Exception {
    CowFile source = bytes.create();
    for (long at = 0; at < 200; at++) {
      bytes.fill(source, at << 30, BLOCK, 1);
    }
    store.commit();
    StoreStats before = store.stats();
    CowFile target = bytes.create();
    assertEquals(source.sizeBytes(), source.copyRange(0, target, 0, Long.MAX_VALUE));
    assertEquals(200 * BLOCK, target.mappedBytes());
    assertEquals(0, target.privateBytes());
    store.commit();
    assertEquals(before.storedBytes(), store.stats().storedBytes());
    long pages = store.stats().metadataBytes() - before.metadataBytes();
    assertEquals(0, pages / 100_000, pages + " bytes more for 200 pages that are shared");
  }
}
