package dev.pando.cowstore;

import dev.pando.cowstore.io.FailingIo;
import dev.pando.cowstore.io.NativeBuffer;
import dev.pando.cowstore.model.ModelChange;
import dev.pando.cowstore.model.ModelFile;
import dev.pando.cowstore.model.ModelStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A short life of a store on a disk that may fail at any call. A call that the store refuses may
 * have happened or not, sector by sector; what it acknowledged is there, now and later. If it is a
 * flush that fails, what was not synced may be gone later, as after a loss of power.
 */
final class FailingScenario {
  private static final int LARGEST_BYTES = 300_000;

  private final Path directory;
  private final StoreOptions options;
  private final boolean flushFails;
  private final ModelStore model = new ModelStore();
  private final Random random = new Random(7);
  private final NativeBuffer memory = NativeBuffer.of(LARGEST_BYTES);
  private final List<StoreException> refusals = new ArrayList<>();
  private CowStore store;

  /**
   * @param flushFails whether that is what may fail
   */
  FailingScenario(Path directory, FailingIo io, boolean flushFails) {
    this.directory = directory;
    this.flushFails = flushFails;
    this.options = Machine.options().withIo(io);
  }

  private interface Call {
    void run() throws StoreException, InterruptedException;
  }

  void open() throws StoreException {
    store = CowStore.open(directory, options);
  }

  CowStore store() {
    return store;
  }

  /** What the store refused, in order. */
  List<StoreException> refusals() {
    return refusals;
  }

  /** A little of everything. */
  void run() throws StoreException, InterruptedException {
    createAndFork(2, 0);
    write(2, 0, LARGEST_BYTES);
    write(2, 5_000, 700);
    sync(2);
    createAndFork(3, 2);
    write(3, 100_000, 10_000);
    write(2, 600, 50_000);
    sync(() -> store.commit(), model::allDurable);
    write(3, 100_100, 5_000);
    attempt(() -> store.file(2).unmap(8192, 130_000), () -> model.file(2).unmap(8192, 130_000));
    attempt(() -> store.file(2).resize(150_001), () -> model.file(2).resize(150_001));
    createAndFork(4, 0);
    attempt(
        () -> store.file(3).copyRange(0, store.file(4), 4096, 200_000),
        () -> model.file(4).copyFrom(model.file(3), 0, 4096, 200_000));
    attempt(
        () -> store.file(2).reserve(100_000, 900_000),
        () -> model.file(2).reserve(100_000, 900_000));
    write(2, 400_000, 10_000);
    attempt(() -> store.file(4).zero(2_000, 20_000), () -> model.file(4).zero(2_000, 20_000));
    sync(3);
    sync(4);
    remove(2);
    sync(() -> store.commit(), model::allDurable);
    write(4, 0, 100_000);
    sync(4);
    runSpace();
  }

  /** What looks for space, and for errors. */
  private void runSpace() throws StoreException, InterruptedException {
    createAndFork(5, 0);
    createAndFork(6, 0);
    attempt(
        () -> store.file(4).copyRange(0, store.file(5), 0, 100_000),
        () -> model.file(5).copyFrom(model.file(4), 0, 0, 100_000));
    byte[] twice = new byte[LARGEST_BYTES];
    random.nextBytes(twice);
    write(5, 200_704, twice);
    write(6, 4096, twice);
    attempt(
        () -> store.dedupe(List.of(store.file(5), store.file(6)), id -> true, b -> true),
        FailingScenario::nothing);
    setFrozen(6, true);
    attempt(() -> store.checksum(), FailingScenario::nothing);
    attempt(this::scrub, FailingScenario::nothing);
    setFrozen(6, false);
    remove(5);
    attempt(() -> store.reclaim(), FailingScenario::nothing);
    write(6, 0, 50_000);
    attempt(() -> store.compact(), FailingScenario::nothing);
    attempt(this::scrub, FailingScenario::nothing);
    write(4, 0, 20_000);
    sync(4);
    sync(6);
  }

  private void setFrozen(long id, boolean frozen) throws StoreException, InterruptedException {
    ModelChange modelChange = model.change();
    byte[] count = model.nextCount();
    attempt(
        () -> {
          Change change = store.change().put(ModelStore.countKey(), count);
          CowFile file = store.file(id);
          (frozen ? change.freeze(file) : change.thaw(file)).apply();
        },
        () -> {
          modelChange.put(ModelStore.countKey(), count);
          if (frozen) {
            modelChange.freeze(id);
          } else {
            modelChange.thaw(id);
          }
          modelChange.apply();
        });
  }

  /** What changes nothing that can be seen. */
  private static void nothing() {}

  private void scrub() throws StoreException {
    for (ScrubReport.Damage damage : store.scrub(readBytes -> true).damages()) {
      if (damage.kind() != ScrubReport.Kind.UNREADABLE) {
        throw new AssertionError(damage.toString());
      }
    }
  }

  /** The store holds what it should. */
  void compare() throws StoreException {
    if (!flushFails || refusals.isEmpty()) {
      model.requireEqual(store);
    }
  }

  /** The store was opened again, and holds what it should. */
  void compareReopened() throws StoreException {
    if (flushFails) {
      model.settle(store);
    } else {
      model.requireEqual(store);
    }
  }

  void write(long id, long offset, int length) throws StoreException, InterruptedException {
    byte[] data = new byte[length];
    random.nextBytes(data);
    write(id, offset, data);
  }

  private void write(long id, long offset, byte[] data)
      throws StoreException, InterruptedException {
    attempt(
        () -> {
          memory.bytes().put(0, data);
          store.file(id).write(offset, memory.address(), data.length);
        },
        () -> model.file(id).write(offset, data));
  }

  void sync(long id) throws StoreException, InterruptedException {
    sync(
        () -> Flush.sync(store.file(id)),
        () -> {
          model.file(id).durable(model.file(id).step());
          model.changesDurable(model.changes());
        });
  }

  private void createAndFork(long id, long sourceId) throws StoreException, InterruptedException {
    ModelFile source = model.file(sourceId);
    ModelChange modelChange = model.change();
    byte[] count = model.nextCount();
    attempt(
        () -> {
          Change change = store.change().put(ModelStore.countKey(), count);
          if (source == null) {
            change.createFile(id, 1).apply();
          } else {
            change.fork(store.file(sourceId), id, 1).apply();
          }
        },
        () -> {
          modelChange.put(ModelStore.countKey(), count);
          if (source == null) {
            modelChange.createFile(id);
          } else {
            modelChange.fork(source, id);
          }
          modelChange.apply();
        });
  }

  private void remove(long id) throws StoreException, InterruptedException {
    ModelChange modelChange = model.change();
    byte[] count = model.nextCount();
    attempt(
        () -> store.change().put(ModelStore.countKey(), count).removeFile(store.file(id)).apply(),
        () -> {
          modelChange.put(ModelStore.countKey(), count);
          modelChange.removeFile(id);
          modelChange.apply();
        });
  }

  private void sync(Call call, Runnable durable) throws StoreException, InterruptedException {
    int before = refusals.size();
    attempt(call, () -> {});
    if (refusals.size() == before) {
      durable.run();
    }
  }

  /** Does it on both sides; if the store refuses, what it then holds is what counts. */
  private void attempt(Call call, Runnable modelCall) throws StoreException, InterruptedException {
    if (!flushFails) {
      model.allDurable();
    }
    try {
      call.run();
    } catch (StoreException refusal) {
      refusals.add(refusal);
      refused(refusal, modelCall);
      return;
    }
    modelCall.run();
  }

  private void refused(StoreException refusal, Runnable modelCall) throws StoreException {
    boolean happenedPerhaps =
        refusal.reason() != StoreException.Reason.NO_SUCH_FILE
            && !(flushFails && refusal.reason() == StoreException.Reason.READ_ONLY);
    if (happenedPerhaps) {
      modelCall.run();
      if (!flushFails) {
        model.settle(store);
      }
    }
  }
}
