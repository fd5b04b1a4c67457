package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.io.NativeBuffer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A fork among writers. */
final class ConsistentForkTest {
  private static final int FORKS = 150;
  private static final int FILES = 3;
  private static final int BLOCK = 4096;
  private static final long[] OFFSETS = {0, 3 * BLOCK, 5L << 20};

  @TempDir Path directory;

  @Test
  void allForksOfAChangeShowTheSameInstant() throws Exception {
    try (CowStore store = CowStore.open(directory, Machine.options())) {
      long[] files = create(store);
      AtomicBoolean stopped = new AtomicBoolean();
      Crew crew = new Crew();
      crew.start(() -> writeInTurns(store, files, stopped));
      for (int fork = 0; fork < FORKS && !crew.hasFailed(); fork++) {
        requireOneInstant(store, files, fork(store, files));
      }
      stopped.set(true);
      crew.join();
    }
  }

  /** Writes the same number to all places of all files, one after the other, then the next. */
  private static void writeInTurns(CowStore store, long[] files, AtomicBoolean stopped) {
    NativeBuffer memory = NativeBuffer.of(BLOCK);
    try {
      for (long sequence = 1; !stopped.get(); sequence++) {
        for (long offset : OFFSETS) {
          for (long file : files) {
            Stamp.fill(memory, file, offset, BLOCK, sequence);
            store.file(file).write(offset, memory.address(), BLOCK);
          }
        }
      }
    } catch (StoreException e) {
      throw new AssertionError(e);
    }
  }

  private static void requireOneInstant(CowStore store, long[] files, long[] forks)
      throws StoreException {
    NativeBuffer memory = NativeBuffer.of(BLOCK);
    long first = -1;
    long last = -1;
    for (long offset : OFFSETS) {
      for (int i = 0; i < FILES; i++) {
        int n = store.file(forks[i]).read(offset, memory.address(), BLOCK);
        long sequence = n == 0 ? 0 : Stamp.sequence(memory, 0, files[i], offset / Stamp.SECTOR);
        first = first < 0 ? sequence : first;
        assertTrue(last < 0 || sequence <= last, sequence + " was written after " + last);
        last = sequence;
      }
    }
    assertTrue(last >= first - 1, "the first place holds " + first + ", the last " + last);
  }

  private static long[] create(CowStore store) throws StoreException {
    long[] files = new long[FILES];
    Change change = store.change();
    for (int i = 0; i < FILES; i++) {
      files[i] = store.nextNumber();
      change.createFile(files[i], 1);
    }
    change.apply();
    return files;
  }

  private static long[] fork(CowStore store, long[] files) throws StoreException {
    long[] forks = new long[FILES];
    Change change = store.change();
    for (int i = 0; i < FILES; i++) {
      forks[i] = store.nextNumber();
      change.fork(store.file(files[i]), forks[i], 2);
    }
    change.apply();
    return forks;
  }
}
