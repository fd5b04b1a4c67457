package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.StoreException.Reason;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Forks share what they have in common, and nothing that comes after. */
final class ForkTest {
  private static final long BLOCK = 4096;
  private static final int FILE_BYTES = 3 << 20;
  private static final int DEPTH = 64;

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
  void aWriteToAForkNeverShowsInItsSource() throws Exception {
    CowFile source = filled(1);
    CowFile fork = bytes.fork(source);
    bytes.fill(fork, BLOCK, 2 * BLOCK, 2);
    bytes.requireFilled(source, 0, FILE_BYTES, 1);
    bytes.requireFilled(fork, BLOCK, 2 * BLOCK, 2);
    bytes.requireFilled(fork, 3 * BLOCK, FILE_BYTES - 3 * BLOCK, 1);
  }

  @Test
  void aWriteToTheSourceNeverShowsInItsFork() throws Exception {
    CowFile source = filled(1);
    CowFile fork = bytes.fork(source);
    bytes.fill(source, BLOCK, 2 * BLOCK, 2);
    bytes.requireFilled(fork, 0, FILE_BYTES, 1);
  }

  @Test
  void marksOfAnOldLeafDoNotMakeItsBlocksPrivateAgain() throws Exception {
    CowFile source = filled(1);
    store.commit();
    List<CowFile> forks = new ArrayList<>();
    for (int generation = 2; generation < 10; generation++) {
      forks.add(bytes.fork(source));
      bytes.fill(source, 0, BLOCK, generation);
      bytes.fill(source, 0, BLOCK, generation);
      bytes.fill(forks.get(generation / 2 - 1), 5 * BLOCK, 100, generation + 100);
    }
    for (int i = 0; i < forks.size(); i++) {
      bytes.requireFilled(forks.get(i), 0, BLOCK, i + 1);
      bytes.requireFilled(forks.get(i), 6 * BLOCK, BLOCK, 1);
    }
  }

  @Test
  void unmapAndResizeOfAForkLeaveItsSourceAlone() throws Exception {
    CowFile source = filled(1);
    CowFile fork = bytes.fork(source);
    fork.unmap(100, 200_000);
    bytes.fork(fork).resize(4097);
    fork.resize(5);
    bytes.requireFilled(source, 0, FILE_BYTES, 1);
    assertEquals(FILE_BYTES, source.sizeBytes());
  }

  @Test
  void aChainSixtyFourDeepReadsLikeItsFirst() throws Exception {
    CowFile first = filled(1);
    CowFile last = first;
    for (int depth = 0; depth < DEPTH; depth++) {
      last = bytes.fork(last);
      bytes.fill(last, depth * BLOCK, 1, 2);
    }
    bytes.requireFilled(first, 0, FILE_BYTES, 1);
    bytes.requireFilled(last, DEPTH * BLOCK, FILE_BYTES - DEPTH * BLOCK, 1);
    for (int depth = 0; depth < DEPTH; depth++) {
      bytes.requireFilled(last, depth * BLOCK, 1, 2);
      bytes.requireFilled(last, depth * BLOCK + 1, BLOCK - 1, 1);
    }
  }

  /** By offset in the file, where each block lies. */
  private static Map<Long, Long> blocks(CowFile file) throws StoreException {
    Map<Long, Long> blocks = new HashMap<>();
    file.extents(
        (offset, address, lengthBytes) -> {
          for (long at = 0; at < lengthBytes; at += BLOCK) {
            blocks.put(offset + at, address + at);
          }
        });
    return blocks;
  }

  @Test
  void extentsAreThoseOfTheSourceButWhereTheForkWasWritten() throws Exception {
    CowFile source = filled(1);
    source.unmap(10 * BLOCK, 5 * BLOCK);
    CowFile fork = bytes.fork(source);
    Map<Long, Long> before = blocks(source);
    assertEquals(FILE_BYTES / BLOCK - 5, before.size());
    assertEquals(before, blocks(fork));
    bytes.fill(fork, 3 * BLOCK, 2 * BLOCK, 2);
    Map<Long, Long> after = blocks(fork);
    assertEquals(before, blocks(source));
    after.entrySet().removeAll(before.entrySet());
    assertEquals(Set.of(3 * BLOCK, 4 * BLOCK), after.keySet());
  }

  @Test
  void aForkOutlivesItsSource() throws Exception {
    CowFile source = filled(1);
    CowFile fork = bytes.fork(source);
    store.change().removeFile(source).apply();
    store.commit();
    bytes.fill(bytes.create(), 0, FILE_BYTES, 2);
    store.commit();
    bytes.requireFilled(fork, 0, FILE_BYTES, 1);
  }

  @Test
  void aForkStoresNothingUntilItIsWritten() throws Exception {
    CowFile source = filled(1);
    store.commit();
    long before = store.stats().storedBytes();
    for (int i = 0; i < 20; i++) {
      bytes.fork(source);
    }
    store.commit();
    assertEquals(before, store.stats().storedBytes());
    assertEquals(source.mappedBytes(), bytes.fork(source).mappedBytes());
    assertEquals(0, bytes.fork(source).privateBytes());
  }

  @Test
  void aFrozenFileRefusesEveryChangeAlsoThroughAnOlderHandle() throws Exception {
    CowFile file = filled(1);
    store.change().freeze(file).apply();
    assertTrue(file.isFrozen());
    for (CowFile handle : List.of(file, store.file(file.id()))) {
      requireFrozen(() -> bytes.fill(handle, 0, 10, 2));
      requireFrozen(() -> handle.unmap(0, 10));
      requireFrozen(() -> handle.resize(10));
      requireFrozen(() -> filled(3).copyRange(0, handle, 0, BLOCK));
    }
    bytes.requireFilled(file, 0, FILE_BYTES, 1);
    store.change().thaw(file).apply();
    assertFalse(file.isFrozen());
    bytes.fill(file, 0, 10, 2);
  }

  @Test
  void aThawedFileNeverChangesTheForksMadeWhileItWasFrozen() throws Exception {
    CowFile template = filled(1);
    store.change().freeze(template).apply();
    CowFile clone = bytes.fork(template);
    assertFalse(clone.isFrozen());
    store.change().thaw(template).apply();
    bytes.fill(template, 0, FILE_BYTES, 2);
    bytes.requireFilled(clone, 0, FILE_BYTES, 1);
    bytes.fill(clone, 0, 10, 3);
    bytes.requireFilled(template, 0, FILE_BYTES, 2);
  }

  @Test
  void aCopiedRangeIsIndependentOfItsSource() throws Exception {
    CowFile source = filled(1);
    CowFile target = bytes.create();
    assertEquals(BLOCK * 4L, source.copyRange(BLOCK, target, 0, BLOCK * 4));
    byte[] copied = bytes.read(target, 0, 4 * 4096);
    bytes.fill(source, BLOCK, BLOCK * 2, 2);
    assertArrayEquals(copied, bytes.read(target, 0, 4 * 4096));
    bytes.fill(target, BLOCK, BLOCK, 3);
    bytes.requireFilled(source, 2 * BLOCK, BLOCK, 2);
    store.change().removeFile(source).apply();
    store.commit();
    store.commit();
    bytes.fill(bytes.create(), 0, FILE_BYTES, 9);
    bytes.requireFilled(target, 2 * BLOCK, 2 * BLOCK, 1);
  }

  private CowFile filled(int value) throws StoreException {
    CowFile file = bytes.create();
    bytes.fill(file, 0, FILE_BYTES, value);
    return file;
  }

  private static void requireFrozen(Executable change) {
    assertEquals(Reason.FROZEN, assertThrows(StoreException.class, change).reason());
  }
}
