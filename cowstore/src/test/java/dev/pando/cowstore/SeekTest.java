package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** SEEK_DATA and SEEK_HOLE tell what is there now, whatever a commit is doing. */
final class SeekTest {
  private static final int BLOCK = 4096;
  private static final int BLOCKS = 900;
  private static final int OPERATIONS = 600;

  @TempDir Path directory;

  static LongStream seeds() {
    return Seeds.of(3);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void dataAndHolesAreRightWhileCommitsGoOn(long seed) throws Exception {
    Random random = new Random(seed);
    boolean[] data = new boolean[BLOCKS];
    AtomicBoolean stopped = new AtomicBoolean();
    Crew crew = new Crew();
    try (CowStore store = CowStore.open(directory, Machine.options())) {
      Bytes bytes = new Bytes(store);
      CowFile file = bytes.create();
      file.resize((long) BLOCKS * BLOCK);
      crew.start(() -> commitUntil(stopped, store));
      for (int i = 0; i < Seeds.operations(OPERATIONS) && !crew.hasFailed(); i++) {
        int from = random.nextInt(BLOCKS);
        int count = 1 + random.nextInt(Math.min(BLOCKS - from, 300));
        boolean now = change(bytes, file, random.nextInt(5), from, count, data[from]);
        for (int block = from; block < from + count; block++) {
          data[block] = now;
        }
        requireSeeks(file, data, "seed " + seed + ", operation " + i);
      }
      stopped.set(true);
      crew.join();
    }
  }

  /** Changes some blocks, all alike; says whether they are data now. */
  private static boolean change(
      Bytes bytes, CowFile file, int kind, int from, int count, boolean before)
      throws StoreException {
    long offset = (long) from * BLOCK;
    long length = (long) count * BLOCK;
    switch (kind) {
      case 0 -> file.unmap(offset, length);
      case 1 -> file.zero(offset, length);
      case 2 -> {
        file.unmap(offset, length);
        file.reserve(offset, length);
      }
      default -> {
        bytes.fill(file, offset, length, before ? 1 : 2);
        return true;
      }
    }
    return false;
  }

  private static void requireSeeks(CowFile file, boolean[] data, String when)
      throws StoreException {
    for (int block = 0; block < BLOCKS; block++) {
      long at = (long) block * BLOCK + block % BLOCK;
      assertEquals(next(data, block, true, at), file.seekData(at), when + ", data from " + at);
      assertEquals(next(data, block, false, at), file.seekHole(at), when + ", hole from " + at);
    }
  }

  private static long next(boolean[] data, int from, boolean wanted, long at) {
    for (int block = from; block < BLOCKS; block++) {
      if (data[block] == wanted) {
        return Math.max(at, (long) block * BLOCK);
      }
    }
    return wanted ? -1 : (long) BLOCKS * BLOCK;
  }

  private static void commitUntil(AtomicBoolean stopped, CowStore store) {
    try {
      while (!stopped.get()) {
        store.commit();
      }
    } catch (StoreException e) {
      throw new AssertionError(e);
    }
  }
}
