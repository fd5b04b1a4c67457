package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pando.cowstore.io.NativeBuffer;
import dev.pando.cowstore.map.Entry;
import dev.pando.cowstore.map.MapPath;
import dev.pando.testing.Patience;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A call that is overtaken by another, between what it looked at and what it does, does what is
 * right then. It is held up where it waits for a gate or for room in the journal.
 */
final class OvertakenTest {
  private static final int BLOCK = 4096;
  private static final int LEAF = 1 << 20;
  private static final Duration LONGEST = Duration.ofMinutes(1);

  @TempDir Path directory;
  private CowStore store;
  private Engine engine;
  private Bytes bytes;

  @BeforeEach
  void open() throws StoreException {
    store = CowStore.open(directory, Machine.options());
    engine = store.engine();
    bytes = new Bytes(store);
  }

  @AfterEach
  void close() throws StoreException {
    store.close();
  }

  /** A call in a thread of its own. */
  private record Call<T>(Thread thread, FutureTask<T> task) {
    static <T> Call<T> of(Callable<T> callable) {
      FutureTask<T> task = new FutureTask<>(callable);
      Thread thread = new Thread(task);
      thread.setDaemon(true);
      thread.start();
      return new Call<>(thread, task);
    }

    void awaitHeldUp() {
      await(
          () ->
              thread.getState() == Thread.State.WAITING
                  || thread.getState() == Thread.State.TIMED_WAITING);
    }

    void awaitHeldUpOrDone() {
      await(() -> task.isDone() || thread.getState() == Thread.State.WAITING);
    }

    T result() throws Exception {
      return Patience.get("the end of a step", LONGEST, task);
    }
  }

  private static void await(BooleanSupplier condition) {
    Patience.await("it comes to that", LONGEST, condition::getAsBoolean);
  }

  private static Callable<Object> calling(Step step) {
    return () -> {
      step.run();
      return null;
    };
  }

  @FunctionalInterface
  private interface Step {
    void run() throws StoreException;
  }

  @Test
  void aWholeFileIsCopiedOnToOneThatIsStillBeingTrimmedAndStaysWhole() throws Exception {
    CowFile source = bytes.create();
    bytes.fill(source, 0, 5 * LEAF, 's');
    CowFile target = bytes.create();
    bytes.fill(target, 3 * LEAF, LEAF, 't');
    long taken = engine.journalBound.limit() - WritePath.RECORD_BYTES + 1;
    Call<Object> truncation;
    target.trimming.lock();
    try {
      truncation = Call.of(calling(() -> target.resize(0)));
      await(() -> target.trimsDue != 0);
      store.commit();
      engine.journalBound.reserve(taken, () -> {});
    } finally {
      target.trimming.unlock();
    }
    await(() -> target.trimming.isLocked());
    truncation.awaitHeldUp(); // it has found the leaf, and wants room to unmap it
    MapPath path = new MapPath();
    target.map.trace(3, path);
    engine.log.unmap(target, 3, path, 0, 256, 0); // as a punch would that had its room
    Call<Long> copy = Call.of(() -> source.copyRange(0, target, 0, 5 * LEAF));
    copy.awaitHeldUpOrDone();
    engine.journalBound.giveBack(taken);
    engine.journalBound.wake();
    truncation.result();
    assertEquals(5 * LEAF, copy.result());
    bytes.requireFilled(target, 0, 5 * LEAF, 's');
  }

  @Test
  void aPunchThatATruncationOvertakesDoesNotMakeTheFileLongAgain() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, 10_000, 'a');
    long gate = file.gate.close();
    Call<Object> punch = Call.of(calling(() -> file.unmap(9_000, 1_000)));
    punch.awaitHeldUp();
    engine.log.shrink(file, 0, WritePath.now(), 0, new MapPath(), new Extents());
    file.gate.open(gate);
    punch.result();
    assertEquals(0, file.sizeBytes());
  }

  @Test
  void whatIsAppendedBesideAPunchOfTheEndStays() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, 10_000, 'a');
    long gate = file.gate.close();
    Call<Object> punch = Call.of(calling(() -> file.unmap(2 * BLOCK, 10_000 - 2 * BLOCK)));
    punch.awaitHeldUp();
    appendInPlace(file, 10_000, 100, 'b');
    file.gate.open(gate);
    punch.result();
    assertEquals(10_100, file.sizeBytes());
    bytes.requireFilled(file, 0, 2 * BLOCK, 'a');
    bytes.requireFilled(file, 2 * BLOCK, 10_000 - 2 * BLOCK, 0);
    bytes.requireFilled(file, 10_000, 100, 'b');
  }

  /** What a write past the end does within the last block. */
  private void appendInPlace(CowFile file, int offset, int count, int value) throws Exception {
    long address = Entry.address(file.map.leaf(0).entry(offset / BLOCK));
    byte[] content = new byte[count];
    Arrays.fill(content, (byte) value);
    NativeBuffer memory = NativeBuffer.of(content);
    engine.segments.place(address, offset % BLOCK, memory.address(), count);
    engine.log.write(file, 0, new MapPath(), new Extents(), offset + count, WritePath.now());
  }

  @Test
  void aCopyOfARangeWhoseSourceBecomesShorterTellsHowMuchItCopied() throws Exception {
    CowFile target = bytes.create();
    CowFile source = bytes.create();
    bytes.fill(source, 0, LEAF, 's');
    bytes.fill(target, 0, BLOCK, 't'); // or it would be a fork
    assertEquals(5_000, copyBesideShrinking(source, 0, target));
    assertEquals(5_000, target.sizeBytes());
    bytes.requireFilled(target, 0, 5_000, 's');
  }

  @Test
  void aCopyThroughMemoryWhoseSourceBecomesShorterTellsHowMuchItCopied() throws Exception {
    CowFile target = bytes.create();
    CowFile source = bytes.create();
    bytes.fill(source, 0, LEAF, 's');
    assertEquals(256 << 10, copyBesideShrinking(source, 1, target));
    assertEquals(256 << 10, target.sizeBytes());
  }

  private long copyBesideShrinking(CowFile source, int offset, CowFile target) throws Exception {
    long gate = target.gate.close();
    Call<Long> copy = Call.of(() -> source.copyRange(offset, target, 0, LEAF));
    copy.awaitHeldUp();
    source.resize(5_000);
    target.gate.open(gate);
    return copy.result();
  }

  @Test
  void aSearchOfALargeFileForAHoleDoesNotHoldBackBlocksThatOthersFree() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, LEAF, 'a');
    for (long size = LEAF; size < 4096L * LEAF; size *= 2) {
      file.copyRange(0, file, size, size);
    }
    AtomicBoolean stopped = new AtomicBoolean();
    AtomicLong search = new AtomicLong(); // odd while one goes on
    Call<Object> searches =
        Call.of(
            calling(
                () -> {
                  while (!stopped.get()) {
                    search.incrementAndGet();
                    file.seekHole(0);
                    search.incrementAndGet();
                  }
                }));
    await(() -> passesWithinOne(search));
    stopped.set(true);
    searches.result();
  }

  /** Whether what is freed would come back, again and again, while one search goes on. */
  private boolean passesWithinOne(AtomicLong search) {
    long one = search.get();
    for (int i = 0; i < 20; i++) {
      long ticket = engine.epochs.advance();
      if (engine.epochs.isPast(ticket)) {
        return false; // just between two requests
      }
      while (!engine.epochs.isPast(ticket)) {
        if (search.get() != one) {
          return false;
        }
      }
    }
    return search.get() == one;
  }
}
