package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.io.NativeBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** A block that was freed comes to another file only when nobody can still read or write it. */
final class ReuseTest {
  private static final int FILES = 4;
  private static final int READERS = 3;
  private static final long ROUNDS = 300;
  private static final int FILE_BYTES = 2 << 20;
  private static final int LARGEST_BYTES = 256 << 10;

  @TempDir Path directory;

  @Test
  void readersBesideFreesNeverSeeAnotherFilesBytes() throws Exception {
    try (CowStore store = CowStore.open(directory, Machine.options())) {
      long[] files = new long[FILES];
      for (int i = 0; i < FILES; i++) {
        files[i] = store.nextNumber();
        store.change().createFile(files[i], i).apply();
      }
      AtomicBoolean stopped = new AtomicBoolean();
      AtomicLong rounds = new AtomicLong();
      Crew readers = new Crew();
      Crew writers = new Crew();
      for (int i = 0; i < READERS; i++) {
        int seed = i;
        readers.start(() -> read(store, files, new Random(seed), stopped));
      }
      for (int i = 0; i < FILES; i++) {
        int number = i;
        writers.start(() -> churn(store, files[number], new Random(number), rounds));
      }
      writers.join();
      stopped.set(true);
      readers.join();
    }
  }

  /** Whoever still has a file that was removed meanwhile reaches nobody else's blocks by it. */
  @Test
  void aRemovedFileTakesNothingAndGivesNothing() throws Exception {
    try (CowStore store = CowStore.open(directory, Machine.options())) {
      Bytes bytes = new Bytes(store);
      CowFile gone = bytes.create();
      bytes.fill(gone, 0, 10_000, 1);
      store.commit();
      store.change().removeFile(gone).apply();
      store.reclaim();
      CowFile other = bytes.create();
      bytes.fill(other, 0, FILE_BYTES, 7);
      NativeBuffer memory = NativeBuffer.of(4096);
      List<Executable> uses =
          List.of(
              () -> gone.resize(100_000),
              () -> gone.resize(5_000),
              () -> gone.write(4096, memory.address(), 4096),
              () -> gone.unmap(0, 8192),
              () -> gone.reserve(0, FILE_BYTES),
              () -> gone.zero(0, 4096),
              () -> gone.read(0, memory.address(), 4096),
              () -> gone.seekData(0),
              () -> gone.seekHole(0),
              () -> gone.extents((offset, place, length) -> {}),
              () -> gone.copyRange(0, other, 0, 4096),
              () -> other.copyRange(0, gone, 0, 4096));
      for (Executable use : uses) {
        assertEquals(
            StoreException.Reason.NO_SUCH_FILE, assertThrows(StoreException.class, use).reason());
      }
      bytes.requireFilled(other, 0, FILE_BYTES, 7);
    }
    CheckReport report = CowStore.checkClosed(directory, false);
    assertTrue(report.isSound(), report.damage() + " " + report.inaccuracies());
  }

  private static void read(CowStore store, long[] files, Random random, AtomicBoolean stopped) {
    NativeBuffer memory = NativeBuffer.of(LARGEST_BYTES);
    try {
      while (!stopped.get()) {
        long file = files[random.nextInt(FILES)];
        long offset = (long) random.nextInt(FILE_BYTES / Stamp.SECTOR) * Stamp.SECTOR;
        int n = store.file(file).read(offset, memory.address(), 1 + random.nextInt(LARGEST_BYTES));
        Stamp.requireOwn(memory, file, offset, n / Long.BYTES * Long.BYTES);
      }
    } catch (StoreException e) {
      throw new AssertionError(e);
    }
  }

  /** Writes, unmaps, cuts, forks and removes, with commits in between that set blocks free. */
  private static void churn(CowStore store, long fileId, Random random, AtomicLong rounds) {
    NativeBuffer memory = NativeBuffer.of(LARGEST_BYTES);
    try {
      CowFile file = store.file(fileId);
      for (long round = 1;
          rounds.incrementAndGet() < Seeds.operations((int) ROUNDS * FILES);
          round++) {
        long offset = (long) random.nextInt(FILE_BYTES / Stamp.SECTOR) * Stamp.SECTOR;
        int length = (1 + random.nextInt(LARGEST_BYTES / Stamp.SECTOR)) * Stamp.SECTOR;
        switch (random.nextInt(8)) {
          case 0 -> file.unmap(offset, length);
          case 1 -> file.resize(random.nextBoolean() ? 0 : offset);
          case 2 -> store.commit();
          case 3 -> writeAndRemove(store, memory, length);
          case 4 -> forkAndRemove(store, file, memory, length);
          default -> {
            Stamp.fill(memory, fileId, offset, length, round);
            file.write(offset, memory.address(), length);
          }
        }
      }
    } catch (StoreException e) {
      throw new AssertionError(e);
    }
  }

  private static void writeAndRemove(CowStore store, NativeBuffer memory, int length)
      throws StoreException {
    long id = store.nextNumber();
    store.change().createFile(id, 1).apply();
    Stamp.fill(memory, id, 0, length, 1);
    store.file(id).write(0, memory.address(), length);
    store.change().removeFile(store.file(id)).apply();
  }

  private static void forkAndRemove(CowStore store, CowFile source, NativeBuffer memory, int length)
      throws StoreException {
    long id = store.nextNumber();
    store.change().fork(source, id, 1).apply();
    Stamp.fill(memory, id, 0, length, 1);
    store.file(id).write(0, memory.address(), length);
    store.change().removeFile(store.file(id)).apply();
  }
}
