package dev.pando.cowstore.model;

import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a store should hold, and what it may hold after a power loss: a prefix of the Changes, each
 * whole, no shorter than what is known to be durable; and of every file what {@link ModelFile}
 * says. Not thread-safe.
 */
public final class ModelStore {
  /** The record that every Change writes: how many there were. It tells which prefix survived. */
  public static byte[] countKey() {
    return new byte[] {0};
  }

  private static final byte[] LAST_KEY = new byte[480];

  static {
    Arrays.fill(LAST_KEY, (byte) 0xff);
  }

  private final FileComparison comparison = new FileComparison();
  private final List<ModelCatalog> catalogs = new ArrayList<>(List.of(ModelCatalog.EMPTY));

  public ModelChange change() {
    return new ModelChange(this, now());
  }

  /** The value of {@link #countKey} that the next Change must put. */
  public byte[] nextCount() {
    return ByteBuffer.allocate(Long.BYTES).putLong(changes() + 1).array();
  }

  /** How many Changes were applied. */
  public long changes() {
    return now().number();
  }

  public List<ModelFile> files() {
    return List.copyOf(now().files().values());
  }

  public ModelFile file(long id) {
    return now().files().get(id);
  }

  public boolean isFrozen(long id) {
    return now().frozen().contains(id);
  }

  public List<byte[]> keys() {
    return List.copyOf(now().records().keySet());
  }

  /** The first {@code number} Changes are durable. */
  public void changesDurable(long number) {
    catalogs.removeIf(catalog -> catalog.number() < number);
  }

  /** All that happened so far is durable. */
  public void allDurable() {
    changesDurable(changes());
    for (ModelFile file : files()) {
      file.durable(file.step());
      file.reserved().committed();
    }
  }

  /** The store holds exactly this. */
  public void requireEqual(CowStore store) throws StoreException {
    requireCatalog(store, now());
    for (ModelFile file : files()) {
      comparison.requireEqual(store.file(file.id()), file);
    }
  }

  /** One file of the store is exactly as it should be. */
  public void requireEqual(CowFile file) throws StoreException {
    comparison.requireEqual(file, file(file.id()));
  }

  /** A range of at most 1 MiB is exactly as it should be. */
  public void requireEqual(CowFile file, long offset, int length) throws StoreException {
    comparison.requireEqual(file, file(file.id()), offset, length);
  }

  /** The store holds what it may hold after a power loss; the model takes over what that is. */
  public void settle(CowStore store) throws StoreException {
    byte[] count = store.record(countKey());
    long number = count == null ? 0 : ByteBuffer.wrap(count).getLong();
    ModelCatalog survivor =
        catalogs.stream()
            .filter(catalog -> catalog.number() == number)
            .findFirst()
            .orElseThrow(
                () ->
                    new AssertionError(
                        String.format(
                            "Change %d survived, and %d was durable",
                            number, catalogs.get(0).number())));
    requireCatalog(store, survivor);
    for (ModelFile file : survivor.files().values()) {
      comparison.settle(store.file(file.id()), file);
    }
    catalogs.clear();
    catalogs.add(survivor);
  }

  void apply(
      NavigableMap<Long, ModelFile> files,
      NavigableSet<Long> frozen,
      NavigableMap<byte[], byte[]> records) {
    catalogs.add(new ModelCatalog(changes() + 1, files, frozen, records));
  }

  private ModelCatalog now() {
    return catalogs.get(catalogs.size() - 1);
  }

  private void requireCatalog(CowStore store, ModelCatalog catalog) throws StoreException {
    TreeSet<Long> everKnown = new TreeSet<>(catalog.files().keySet());
    catalogs.forEach(other -> everKnown.addAll(other.files().keySet()));
    for (long id : everKnown) {
      boolean expected = catalog.files().containsKey(id);
      if (store.hasFile(id) != expected) {
        throw new AssertionError("file " + id + (expected ? " is gone" : " is still there"));
      }
      if (expected && store.file(id).isFrozen() != catalog.frozen().contains(id)) {
        throw new AssertionError("file " + id + " is frozen: " + store.file(id).isFrozen());
      }
    }
    TreeMap<byte[], byte[]> actual = new TreeMap<>(Arrays::compareUnsigned);
    List<byte[]> order = new ArrayList<>();
    store.scan(
        new byte[] {0},
        LAST_KEY,
        (key, value) -> {
          order.add(key);
          actual.put(key, value);
          return true;
        });
    requireSameRecords(catalog.records(), actual);
    if (order.size() != actual.size() || !Arrays.deepEquals(order.toArray(), sorted(order))) {
      throw new AssertionError("records come twice or out of order");
    }
    for (byte[] key : catalog.records().keySet()) {
      if (!Arrays.equals(store.record(key), catalog.records().get(key))) {
        throw new AssertionError("record " + Arrays.toString(key) + " differs from its scan");
      }
    }
  }

  private static Object[] sorted(List<byte[]> keys) {
    return keys.stream().sorted(Arrays::compareUnsigned).toArray();
  }

  private static void requireSameRecords(
      NavigableMap<byte[], byte[]> expected, NavigableMap<byte[], byte[]> actual) {
    TreeSet<byte[]> keys = new TreeSet<>(Arrays::compareUnsigned);
    keys.addAll(expected.keySet());
    keys.addAll(actual.keySet());
    for (byte[] key : keys) {
      if (!Arrays.equals(expected.get(key), actual.get(key))) {
        throw new AssertionError(
            String.format(
                "record %s is %s and not %s",
                Arrays.toString(key),
                Arrays.toString(actual.get(key)),
                Arrays.toString(expected.get(key))));
      }
    }
  }
}
