package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.io.NativeBuffer;
import dev.pando.cowstore.model.ModelFile;
import dev.pando.cowstore.model.ModelStore;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * Random operations on a store and on its model, one at a time, with comparisons in between. The
 * seed decides everything; a failure names it, the number of the operation and the last ones done.
 */
final class RandomLoad {
  private static final int LARGEST_WRITE_BYTES = (1 << 20) + 4096;
  private static final int MOST_FILES = 40;

  /** Writes that cross such a boundary take a step for each part. */
  private static final int LEAF_BYTES = 1 << 20;

  /** Overwriting in place notes the time in the journal once a second. */
  private static final long LONGEST_TIME_LAG_NANOS = 1_100_000_000;

  private static final int REMEMBERED_OPERATIONS = 60;

  private final long seed;
  private final Random random;
  private final Machine machine;
  private final ModelStore model = new ModelStore();
  private final RandomChanges changes;
  private final NativeBuffer buffer = NativeBuffer.of(LARGEST_WRITE_BYTES);
  private final boolean copiesRanges;
  private final List<PendingSync> pendingSyncs = new ArrayList<>();
  private final Deque<String> history = new ArrayDeque<>();
  private long operations;
  private boolean reclaims = true;

  /** A sync whose answer nobody has waited for, and what it makes durable when it comes. */
  private record PendingSync(Flush flush, Runnable durable) {}

  RandomLoad(long seed, Machine machine) {
    this(seed, machine, true);
  }

  /**
   * @param copiesRanges whether ranges are copied between files: their blocks are not given back
   *     when the files are gone, only by a sweep
   */
  RandomLoad(long seed, Machine machine, boolean copiesRanges) {
    this.seed = seed;
    this.copiesRanges = copiesRanges;
    this.random = new Random(seed);
    this.machine = machine;
    this.changes = new RandomChanges(random, machine, model);
  }

  /** From now on it waits for no sweep: it runs within one. */
  RandomLoad withoutReclaim() {
    reclaims = false;
    return this;
  }

  /** What may happen to the store between two operations. */
  enum Fate {
    CLOSE,
    KILL,
    POWER_LOSS,
    LOST_DISK,
    LOST_WRITES,
    FAILED_FLUSH
  }

  void run(int count) throws IOException, InterruptedException {
    try {
      for (int i = 0; i < count; i++) {
        operate();
        operations++;
      }
    } catch (AssertionError | StoreException | RuntimeException e) {
      throw failure(e);
    }
  }

  /** Lets the store end one way or the other, opens it again and compares everything. */
  void end(Fate fate) throws IOException, InterruptedException {
    try {
      note(fate.name());
      Map<Long, Long> times = dataTimes();
      answerSyncs();
      switch (fate) {
        case CLOSE -> {
          machine.reopen();
          model.allDurable();
          requireEqualWithTimes(times);
        }
        case KILL -> {
          machine.kill();
          requireEqualWithTimes(times);
        }
        case POWER_LOSS -> {
          machine.stop();
          answerSyncs();
          machine.losePower(random.nextLong());
          model.settle(machine.store());
          changes.settled();
        }
        case LOST_DISK -> {
          machine.stop();
          answerSyncs();
          machine.loseDisk(random.nextLong());
          model.settle(machine.store());
          changes.settled();
        }
        case LOST_WRITES -> {
          machine.stop();
          answerSyncs();
          machine.loseWrites(random.nextLong());
          model.settle(machine.store());
          changes.settled();
        }
        case FAILED_FLUSH -> {
          machine.failFlush(random.nextLong());
          model.settle(machine.store());
          changes.settled();
        }
      }
      pendingSyncs.clear();
      changes.requireFreshNumber();
      assertEquals(StoreState.READY, machine.store().state());
    } catch (AssertionError | StoreException | RuntimeException e) {
      throw failure(e);
    }
  }

  /** Everything in the store is as it should be. */
  void compare() throws StoreException {
    try {
      model.requireEqual(machine.store());
    } catch (AssertionError | StoreException | RuntimeException e) {
      throw failure(e);
    }
  }

  /** Removes every file. */
  void removeAll() throws StoreException {
    changes.removeAll();
  }

  private void operate() throws StoreException, InterruptedException {
    List<ModelFile> files = model.files();
    int kind = random.nextInt(100);
    if (files.isEmpty() || (kind < 3 && files.size() < MOST_FILES)) {
      note(changes.create());
      return;
    }
    ModelFile file = files.get(random.nextInt(files.size()));
    if (kind >= 44 && kind < 73) {
      settleSyncs();
    }
    if (kind < 40) {
      write(file, false);
    } else if (kind < 44) {
      write(file, true);
    } else if (kind < 54) {
      unmap(file);
    } else if (kind < 58) {
      reserve(file, random.nextInt(3) == 0);
    } else if (kind < 64) {
      resize(file);
    } else if (kind < 73) {
      copyRange(files.get(random.nextInt(files.size())), file);
    } else if (kind < 86) {
      note(changes.change(file, files.size() < MOST_FILES));
    } else if (kind < 90) {
      syncFile(file);
    } else if (kind < 91) {
      if (random.nextBoolean()) {
        syncSome(files);
      } else {
        syncStore();
      }
    } else if (kind < 92) {
      int more = reclaims && copiesRanges ? random.nextInt(3) : 2;
      note(more == 0 ? "reclaim" : more == 1 ? "dedupe " + file.id() : "commit");
      if (more == 1) {
        machine.store().dedupe(List.of(store(file)), id -> id != file.id(), readBytes -> true);
        machine.store().commit();
      } else if (more == 0) {
        machine.store().reclaim();
      } else {
        machine.store().commit();
      }
      model.allDurable();
    } else {
      read(file);
    }
  }

  private void write(ModelFile file, boolean zeros) throws StoreException, InterruptedException {
    RandomRange range = RandomRange.of(random);
    note(
        "write %d at %d +%d%s"
            .formatted(file.id(), range.offset(), range.length(), zeros ? " zeros" : ""));
    if (range.offset() / LEAF_BYTES != (range.offset() + range.length() - 1) / LEAF_BYTES) {
      settleSyncs();
    }
    byte[] data = new byte[range.length()];
    if (!zeros) {
      new SplittableRandom(random.nextLong()).nextBytes(data);
    }
    buffer.bytes().put(0, data);
    if (refused(file, () -> store(file).write(range.offset(), buffer.address(), data.length))) {
      return;
    }
    file.write(range.offset(), data);
  }

  private void unmap(ModelFile file) throws StoreException {
    RandomRange range = RandomRange.of(random);
    long length = random.nextInt(8) == 0 ? range.length() * 300L : range.length();
    note("unmap %d at %d +%d".formatted(file.id(), range.offset(), length));
    if (!refused(file, () -> store(file).unmap(range.offset(), length))) {
      file.unmap(range.offset(), length);
    }
  }

  private void reserve(ModelFile file, boolean zero) throws StoreException {
    RandomRange range = RandomRange.of(random);
    long length = range.length() * (random.nextInt(8) == 0 ? 20L : 1);
    note("%s %d at %d +%d".formatted(zero ? "zero" : "reserve", file.id(), range.offset(), length));
    CowFile target = store(file);
    if (zero && !refused(file, () -> target.zero(range.offset(), length))) {
      file.zero(range.offset(), length);
    } else if (!zero && !refused(file, () -> target.reserve(range.offset(), length))) {
      file.reserve(range.offset(), length);
    }
  }

  private void resize(ModelFile file) throws StoreException {
    long size = RandomRange.size(random);
    note("resize %d to %d".formatted(file.id(), size));
    if (!refused(file, () -> store(file).resize(size))) {
      file.resize(size);
    }
  }

  private void copyRange(ModelFile source, ModelFile target) throws StoreException {
    RandomRange from = RandomRange.of(random);
    RandomRange to = RandomRange.of(random);
    boolean whole = target.sizeBytes() == 0 && target.hasNoReservation() && random.nextInt(3) > 0;
    long offset = whole ? 0 : from.offset();
    long targetOffset = whole ? 0 : to.offset();
    if (random.nextInt(3) > 0) {
      targetOffset += (offset - targetOffset) % 4096;
      targetOffset = Math.max(targetOffset, offset % 4096);
    }
    long length = whole ? Math.max(1, source.sizeBytes()) : from.length();
    if (source == target && Math.abs(offset - targetOffset) < length) {
      return;
    }
    long at = targetOffset;
    if (source.sizeBytes() <= offset || !copiesRanges) {
      return;
    }
    note(
        "copy %d at %d +%d to %d at %d%s"
            .formatted(source.id(), offset, length, target.id(), at, whole ? ", whole" : ""));
    long[] done = new long[1];
    if (refused(
        target, () -> done[0] = store(source).copyRange(offset, store(target), at, length))) {
      return;
    }
    long expected =
        whole ? target.copyAllFrom(source) : target.copyFrom(source, offset, at, length);
    assertEquals(expected, done[0], "bytes copied");
    if (whole && !model.isFrozen(source.id())) {
      source.forked();
    }
  }

  private void syncFile(ModelFile file) throws StoreException, InterruptedException {
    boolean dataOnly = random.nextBoolean();
    boolean wait = random.nextInt(4) > 0;
    note("sync %d%s%s".formatted(file.id(), dataOnly ? " data" : "", wait ? "" : ", not awaited"));
    long step = file.step();
    long number = changes.makerOf(file.id());
    Flush flush = new Flush();
    store(file).sync(dataOnly, flush);
    await(
        wait,
        flush,
        () -> {
          file.durable(step);
          model.changesDurable(number);
        });
  }

  private void syncStore() throws StoreException, InterruptedException {
    boolean wait = random.nextBoolean();
    note("sync of all Changes" + (wait ? "" : ", not awaited"));
    long number = model.changes();
    Flush flush = new Flush();
    machine.store().sync(flush);
    await(wait, flush, () -> model.changesDurable(number));
  }

  /** What a clone ends with: its sources are synced, and all Changes. */
  private void syncSome(List<ModelFile> files) throws StoreException {
    List<ModelFile> some = new ArrayList<>();
    List<CowFile> synced = new ArrayList<>();
    for (int count = random.nextInt(4); count > 0; count--) {
      ModelFile file = files.get(random.nextInt(files.size()));
      some.add(file);
      synced.add(store(file));
    }
    note("sync of all Changes and " + some.stream().map(ModelFile::id).toList());
    machine.store().sync(synced);
    some.forEach(file -> file.durable(file.step()));
    model.changesDurable(model.changes());
  }

  private void await(boolean wait, Flush flush, Runnable durable)
      throws StoreException, InterruptedException {
    pendingSyncs.add(new PendingSync(flush, durable));
    if (wait) {
      flush.await();
      answerSyncs();
    }
  }

  /**
   * Waits for the syncs under way: one of them could make durable a part of what comes next, which
   * takes several steps, and the model takes it for one.
   */
  private void settleSyncs() throws StoreException, InterruptedException {
    for (PendingSync sync : pendingSyncs) {
      sync.flush().await();
    }
    answerSyncs();
  }

  private void answerSyncs() {
    pendingSyncs.removeIf(
        sync -> {
          boolean durable = sync.flush().isDurable();
          if (durable) {
            sync.durable().run();
          }
          return durable;
        });
  }

  private void read(ModelFile file) throws StoreException {
    RandomRange range = RandomRange.of(random);
    note("read %d at %d +%d".formatted(file.id(), range.offset(), range.length()));
    model.requireEqual(store(file), range.offset(), Math.min(range.length(), 1 << 20));
    if (random.nextInt(5) == 0) {
      note("compare %d".formatted(file.id()));
      model.requireEqual(store(file));
    }
  }

  private interface Call {
    void run() throws StoreException;
  }

  /** Runs the call; a frozen file must refuse it. */
  private boolean refused(ModelFile file, Call call) throws StoreException {
    if (!model.isFrozen(file.id())) {
      call.run();
      return false;
    }
    StoreException refusal = assertThrows(StoreException.class, call::run);
    assertEquals(StoreException.Reason.FROZEN, refusal.reason());
    return true;
  }

  private CowFile store(ModelFile file) throws StoreException {
    return machine.store().file(file.id());
  }

  private Map<Long, Long> dataTimes() throws StoreException {
    Map<Long, Long> times = new HashMap<>();
    for (ModelFile file : model.files()) {
      times.put(file.id(), store(file).dataTimeNanos());
    }
    return times;
  }

  private void requireEqualWithTimes(Map<Long, Long> times) throws StoreException {
    model.requireEqual(machine.store());
    for (Map.Entry<Long, Long> time : times.entrySet()) {
      long now = machine.store().file(time.getKey()).dataTimeNanos();
      long lag = time.getValue() - now;
      assertTrue(
          lag >= 0 && lag <= LONGEST_TIME_LAG_NANOS,
          "the data time of file %d went back by %d ns".formatted(time.getKey(), lag));
    }
  }

  private void note(String operation) {
    if (history.size() == REMEMBERED_OPERATIONS) {
      history.removeFirst();
    }
    history.add(operations + ": " + operation);
  }

  private AssertionError failure(Throwable cause) {
    return new AssertionError(
        String.format(
            "seed %d, operation %d: %s%nthe last operations:%n%s",
            seed, operations, cause.getMessage(), String.join("\n", history)),
        cause);
  }
}
