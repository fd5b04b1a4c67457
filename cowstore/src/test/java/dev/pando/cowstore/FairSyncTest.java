package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.io.NativeBuffer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a synced write of 4 KiB takes beside another VM's stream that nobody syncs, against the same
 * on plain files of the same disk, in turns. {@code -Dpando.fairsync=ROUNDS} runs it; for the
 * figures of a disk, set {@code java.io.tmpdir} to a directory on it.
 */
@EnabledIfSystemProperty(named = "pando.fairsync", matches = "[1-9][0-9]*")
final class FairSyncTest {
  private static final int BLOCK = 4096;
  private static final int PIECE = 1 << 20;
  private static final int FILE_BLOCKS = 4096;
  private static final long STREAM_BYTES = 1L << 30;
  private static final int SYNCS = 1500;
  private static final long LONGEST_NANOS = 5_000_000_000L;
  private static final double LOOSE = 4;

  @TempDir Path directory;

  /** A file, of the store or of the host. */
  private interface Target {
    void write(long offset, long address, int length) throws IOException;

    void sync() throws IOException, InterruptedException;
  }

  /**
   * Of one round.
   *
   * @param medianMillis of a write and its sync together
   */
  private record Figures(double medianMillis, double slowMillis) {
    static Figures of(long[] nanos, int count) {
      long[] sorted = Arrays.copyOf(nanos, count);
      Arrays.sort(sorted);
      return new Figures(sorted[count / 2] / 1e6, sorted[count * 99 / 100] / 1e6);
    }
  }

  @ParameterizedTest(name = "dataOnly {0}")
  @ValueSource(booleans = {false, true})
  void aSyncBesideAStreamTakesNoMoreThanOnPlainFiles(boolean dataOnly) throws Exception {
    try (CowStore store = CowStore.open(directory.resolve("store"), options());
        RandomAccessFile smallFile =
            new RandomAccessFile(directory.resolve("small").toFile(), "rw");
        RandomAccessFile streamFile =
            new RandomAccessFile(directory.resolve("stream").toFile(), "rw")) {
      Target plain = plain(smallFile.getChannel(), dataOnly);
      Target stored = stored(store, 1, dataOnly);
      fill(plain);
      fill(stored);
      List<Double> medians = new ArrayList<>();
      List<Double> slow = new ArrayList<>();
      for (int round = 0; round < Integer.getInteger("pando.fairsync"); round++) {
        Figures host = measure(plain, plain(streamFile.getChannel(), dataOnly));
        Figures ours = measure(stored, stored(store, 2, dataOnly));
        medians.add(ours.medianMillis / host.medianMillis);
        slow.add(ours.slowMillis / host.slowMillis);
        System.out.printf(
            Locale.ROOT,
            "round %d: median %.3f ms against %.3f, p99 %.3f against %.3f%n",
            round,
            ours.medianMillis,
            host.medianMillis,
            ours.slowMillis,
            host.slowMillis);
      }
      System.out.printf("ratios: median %s, p99 %s%n", medians, slow);
      assertTrue(median(medians) <= LOOSE, "medians " + medians);
      assertTrue(median(slow) <= LOOSE, "p99 " + slow);
    }
  }

  private static StoreOptions options() {
    return StoreOptions.defaults().withCreate(true);
  }

  private static Figures measure(Target small, Target stream) throws Exception {
    AtomicBoolean stopped = new AtomicBoolean();
    Crew crew = new Crew();
    crew.start(() -> stream(stream, stopped));
    NativeBuffer memory = NativeBuffer.of(BLOCK);
    Random random = new Random(1);
    long[] nanos = new long[SYNCS];
    int count = 0;
    long end = System.nanoTime() + LONGEST_NANOS;
    while (count < SYNCS && System.nanoTime() < end && !crew.hasFailed()) {
      long begin = System.nanoTime();
      small.write((long) random.nextInt(FILE_BLOCKS) * BLOCK, memory.address(), BLOCK);
      small.sync();
      nanos[count++] = System.nanoTime() - begin;
    }
    stopped.set(true);
    crew.join();
    return Figures.of(nanos, count);
  }

  private static void stream(Target stream, AtomicBoolean stopped) {
    NativeBuffer memory = NativeBuffer.of(PIECE);
    try {
      for (long at = 0; !stopped.get(); at = (at + PIECE) % STREAM_BYTES) {
        stream.write(at, memory.address(), PIECE);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void fill(Target target) throws Exception {
    NativeBuffer memory = NativeBuffer.of(PIECE);
    for (long at = 0; at < (long) FILE_BLOCKS * BLOCK; at += PIECE) {
      target.write(at, memory.address(), PIECE);
    }
    target.sync();
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  private static Target plain(FileChannel file, boolean dataOnly) {
    return new Target() {
      @Override
      public void write(long offset, long address, int length) throws IOException {
        ByteBuffer data = ByteBuffer.allocateDirect(length);
        while (data.hasRemaining()) {
          file.write(data, offset + data.position());
        }
      }

      @Override
      public void sync() throws IOException {
        file.force(!dataOnly);
      }
    };
  }

  private static Target stored(CowStore store, long group, boolean dataOnly) throws StoreException {
    long id = store.nextNumber();
    store.change().createFile(id, group).apply();
    CowFile file = store.file(id);
    return new Target() {
      @Override
      public void write(long offset, long address, int length) throws IOException {
        file.write(offset, address, length);
      }

      @Override
      public void sync() throws IOException, InterruptedException {
        Flush flush = new Flush();
        file.sync(dataOnly, flush);
        flush.await();
      }
    };
  }
}
