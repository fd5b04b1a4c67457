package dev.pando.cowstore;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;

/**
 * What goes on beside writers of a store: their files are forked, the forks frozen, deduped,
 * thawed, copied on to others and removed, and what nobody reaches is reclaimed. The forks are on
 * record in the same step that makes them, so that the next process finds those of one that was
 * killed.
 */
final class CopyKeeper {
  private static final int MOST_COPIES = 8;
  private static final byte[] FIRST = "copy".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LAST = "copz".getBytes(StandardCharsets.US_ASCII);

  private final CowStore store;
  private final long[] sources;
  private final Random random;
  private final List<Long> copies = new ArrayList<>();

  CopyKeeper(CowStore store, long[] sources, long seed) throws StoreException {
    this.store = store;
    this.sources = sources.clone();
    this.random = new Random(seed);
    store.scan(
        FIRST,
        LAST,
        (key, value) -> copies.add(Long.valueOf(new String(value, StandardCharsets.US_ASCII))));
    for (long copy : copies) {
      store.file(copy); // a record without its file would be half a step
    }
  }

  /** Goes on until it is to stop, or the process is killed. */
  void run(BooleanSupplier stop) {
    try {
      while (!stop.getAsBoolean()) {
        step();
      }
    } catch (StoreException e) {
      throw new AssertionError(e);
    }
  }

  private void step() throws StoreException {
    if (copies.size() < 2) {
      fork();
      return;
    }
    CowFile copy = store.file(copies.get(random.nextInt(copies.size())));
    switch (random.nextInt(10)) {
      case 0, 1 -> {
        if (copies.size() < MOST_COPIES) {
          fork();
        } else {
          remove();
        }
      }
      case 2 -> remove();
      case 3 -> store.change().freeze(copy).apply();
      case 4 -> {
        if (copy.isFrozen()) {
          store.change().thaw(copy).apply();
        }
      }
      case 5, 6 -> store.dedupe(List.of(copy), id -> id != copy.id(), readBytes -> true);
      case 7 -> {
        CowFile other = store.file(copies.get(random.nextInt(copies.size())));
        if (!other.isFrozen() && other != copy) {
          copy.copyRange(0, other, 1 << 20, 1 << 20);
        }
      }
      case 8 -> store.reclaim();
      default -> {
        if (!copy.isFrozen()) {
          copy.unmap(0, 1 << 20);
        }
      }
    }
  }

  private void fork() throws StoreException {
    long id = store.nextNumber();
    CowFile source = store.file(sources[random.nextInt(sources.length)]);
    store
        .change()
        .fork(source, id, 0)
        .put(key(id), Long.toString(id).getBytes(StandardCharsets.US_ASCII))
        .apply();
    copies.add(id);
  }

  private void remove() throws StoreException {
    long id = copies.remove(random.nextInt(copies.size()));
    store.change().removeFile(store.file(id)).remove(key(id)).apply();
  }

  private static byte[] key(long id) {
    return ("copy" + id).getBytes(StandardCharsets.US_ASCII);
  }
}
