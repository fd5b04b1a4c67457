package dev.pando.cowstore;

import dev.pando.cowstore.io.NativeBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.BooleanSupplier;

/**
 * Files whose blocks come and go under their writers, and readers of long ranges of them.
 *
 * <p>How it works. Each file has one writer, which writes, punches, zeroes and forks. It stays at
 * one place for a while, where most readers begin, so that long extents and long holes begin there
 * at one moment and do not at the next. Every block has a number that rises with each change, odd
 * for data and even for zeros; it is noted before the change begins and after it has ended. A
 * reader for whom the two agree, the second before the read and the first behind it, knows exactly
 * what the block must hold. In any other it accepts what belongs to this place of this file, or
 * zeros. The blocks that files are given lie between those of another file, and hold bytes of that
 * file until they are written.
 */
final class ChurnLoad {
  private static final int FILES = 2;
  private static final int BLOCK = 4096;
  private static final int BLOCKS = 512;
  private static final int CHANGES_AT_A_PLACE = 40;
  private static final int CHANGES_PER_COMMIT = 1000;
  private static final int LONGEST_BLOCKS = 256;
  private static final int SECTORS_PER_BLOCK = BLOCK / Stamp.SECTOR;
  private static final int NEIGHBOUR = FILES + 1;
  private static final int NEIGHBOUR_MEBIBYTES = 24;

  /** Runs of 64 KiB that are free lose their bytes. */
  private static final int LONGEST_GAP_BLOCKS = 6;

  private final CowStore store;
  private final List<Lane> lanes = new ArrayList<>();

  /** One file, and what is known of its blocks. */
  private static final class Lane {
    /** What its stamps name. */
    final int number;

    final AtomicLongArray begun = new AtomicLongArray(BLOCKS);
    final AtomicLongArray ended = new AtomicLongArray(BLOCKS);
    volatile CowFile file;

    /** The block where changes begin just now. */
    volatile int place;

    Lane(int number, CowFile file) {
      this.number = number;
      this.file = file;
    }
  }

  /** Makes the files, and the free blocks between those of their neighbour. */
  ChurnLoad(CowStore store, long seed) throws StoreException {
    this.store = store;
    Random random = new Random(seed);
    makeNeighbour(random);
    for (int i = 0; i < FILES; i++) {
      CowFile file = create();
      file.resize((long) BLOCKS * BLOCK);
      lanes.add(new Lane(i + 1, file));
    }
    store.commit();
  }

  private CowFile create() throws StoreException {
    long id = store.nextNumber();
    store.change().createFile(id, 1).apply();
    return store.file(id);
  }

  private void makeNeighbour(Random random) throws StoreException {
    CowFile neighbour = create();
    NativeBuffer memory = NativeBuffer.of(1 << 20);
    for (int i = 0; i < NEIGHBOUR_MEBIBYTES; i++) {
      Stamp.fill(memory, NEIGHBOUR, (long) i << 20, 1 << 20, 1);
      neighbour.write((long) i << 20, memory.address(), 1 << 20);
    }
    long end = (long) NEIGHBOUR_MEBIBYTES << 20;
    for (long at = 0; at < end; ) {
      long gap = (1L + random.nextInt(LONGEST_GAP_BLOCKS)) * BLOCK;
      neighbour.unmap(at, gap);
      at += gap + (1L + random.nextInt(LONGEST_GAP_BLOCKS)) * BLOCK;
    }
    store.commit();
  }

  /** The writers of so many changes each, not started. */
  List<Runnable> writers(long seed, int changes) {
    List<Runnable> writers = new ArrayList<>();
    for (Lane lane : lanes) {
      Random random = new Random(seed * 100 + lane.number);
      writers.add(() -> write(lane, random, changes));
    }
    return writers;
  }

  private void write(Lane lane, Random random, int changes) {
    NativeBuffer memory = NativeBuffer.of(LONGEST_BLOCKS * BLOCK);
    CowFile[] past = {null};
    try {
      for (int i = 0; i < changes; i++) {
        int most = 1;
        if (i % CHANGES_AT_A_PLACE == 0) {
          lane.place = random.nextInt(BLOCKS);
          most = Math.min(LONGEST_BLOCKS, BLOCKS - lane.place);
        }
        change(lane, lane.place, 1 + random.nextInt(most), random, memory, past);
        if (i % CHANGES_PER_COMMIT == 0) {
          store.commit(); // gives freed blocks to the next
        }
      }
    } catch (StoreException e) {
      throw new AssertionError(e);
    }
  }

  private void change(
      Lane lane, int first, int count, Random random, NativeBuffer memory, CowFile[] past)
      throws StoreException {
    int kind = random.nextInt(1000);
    if (kind < 3) {
      past[0] = fork(lane, random, past[0]);
    } else if ((lane.ended.get(first) & 1) == 0) {
      begin(lane, first, count, 1);
      fill(lane, memory, first, count);
      lane.file.write((long) first * BLOCK, memory.address(), count * BLOCK);
      end(lane, first, count);
    } else {
      begin(lane, first, count, 0);
      if (kind < 800) {
        lane.file.unmap((long) first * BLOCK, (long) count * BLOCK);
      } else if (kind < 850) {
        lane.file.zero((long) first * BLOCK, (long) count * BLOCK);
      } else {
        memory.bytes().put(0, new byte[count * BLOCK]);
        lane.file.write((long) first * BLOCK, memory.address(), count * BLOCK);
      }
      end(lane, first, count);
    }
  }

  /** The lane goes on with one of the two; the other lives until the next fork. */
  private CowFile fork(Lane lane, Random random, CowFile past) throws StoreException {
    long id = store.nextNumber();
    CowFile before = lane.file;
    store.change().fork(before, id, 1).apply();
    if (past != null) {
      store.change().removeFile(past).apply();
    }
    CowFile fork = store.file(id);
    if (random.nextBoolean()) {
      lane.file = fork;
      return before;
    }
    return fork;
  }

  private static void begin(Lane lane, int first, int count, int parity) {
    for (int block = first; block < first + count; block++) {
      long next = lane.ended.get(block) + 1;
      lane.begun.set(block, (next & 1) == parity ? next : next + 1);
    }
  }

  private static void end(Lane lane, int first, int count) {
    for (int block = first; block < first + count; block++) {
      lane.ended.set(block, lane.begun.get(block));
    }
  }

  private static void fill(Lane lane, NativeBuffer memory, int first, int count) {
    for (int i = 0; i < count; i++) {
      long sequence = lane.begun.get(first + i);
      for (int at = 0; at < BLOCK; at += Long.BYTES) {
        long sector = (long) (first + i) * SECTORS_PER_BLOCK + at / Stamp.SECTOR;
        memory.bytes().putLong(i * BLOCK + at, new Stamp(lane.number, sector, sequence).word());
      }
    }
  }

  /** A reader, not started, that ends when {@code stopped} says so. */
  Runnable reader(long seed, BooleanSupplier stopped) {
    return () -> {
      Random random = new Random(seed);
      NativeBuffer memory = NativeBuffer.of(LONGEST_BLOCKS * BLOCK);
      long[] ended = new long[LONGEST_BLOCKS];
      while (!stopped.getAsBoolean()) {
        read(lanes.get(random.nextInt(FILES)), random, memory, ended);
      }
    };
  }

  private void read(Lane lane, Random random, NativeBuffer memory, long[] ended) {
    int first = random.nextInt(4) == 0 ? random.nextInt(BLOCKS) : lane.place;
    int count = Math.min(BLOCKS - first, 1 + random.nextInt(LONGEST_BLOCKS));
    for (int i = 0; i < count; i++) {
      ended[i] = lane.ended.get(first + i);
    }
    CowFile file = lane.file;
    try {
      int read = file.read((long) first * BLOCK, memory.address(), count * BLOCK);
      if (read != count * BLOCK) {
        throw new AssertionError("read %d of %d blocks".formatted(read, count));
      }
    } catch (StoreException e) {
      if (e.reason() == StoreException.Reason.NO_SUCH_FILE && lane.file != file) {
        return; // the lane has gone on with a fork
      }
      throw new AssertionError(e);
    }
    for (int i = 0; i < count; i++) {
      boolean settled = lane.begun.get(first + i) == ended[i];
      requireBlock(lane, first + i, memory, i * BLOCK, settled ? ended[i] : -1);
    }
  }

  /**
   * A block holds what it must.
   *
   * @param sequence the number of its last change; -1 if it was being changed
   */
  private static void requireBlock(
      Lane lane, int block, NativeBuffer memory, int at, long sequence) {
    for (int in = 0; in < SECTORS_PER_BLOCK; in++) {
      long sector = (long) block * SECTORS_PER_BLOCK + in;
      long found = memory.bytes().getLong(at + in * Stamp.SECTOR);
      long expected = (sequence & 1) == 0 ? 0 : new Stamp(lane.number, sector, sequence).word();
      boolean right =
          sequence >= 0
              ? found == expected
              : found == 0 || Stamp.of(found).isOf(lane.number, sector);
      if (!right) {
        throw new AssertionError(
            "sector %d of file %d holds %s after change %d"
                .formatted(sector, lane.number, Stamp.of(found), sequence));
      }
    }
  }
}
