package dev.pando.cowstore;

import dev.pando.cowstore.catalog.Catalog;
import dev.pando.cowstore.catalog.RecordVisitor;
import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Records as they are now: what changed since the last cut, over what is being committed, over the
 * catalog. Read by any thread; changed under the log lock.
 */
final class Records {
  /** Stands for a record that was removed. */
  private static final byte[] REMOVED = new byte[0];

  /** A record that has no bytes is stored as this one, which is not {@link #REMOVED}. */
  private static final byte[] EMPTY = new byte[0];

  private final Catalog catalog;
  private volatile ConcurrentNavigableMap<byte[], byte[]> current = layer();
  private volatile ConcurrentNavigableMap<byte[], byte[]> committing = layer();

  Records(Catalog catalog) {
    this.catalog = catalog;
  }

  private static ConcurrentNavigableMap<byte[], byte[]> layer() {
    return new ConcurrentSkipListMap<>(Arrays::compareUnsigned);
  }

  byte[] get(byte[] key) throws IOException {
    ConcurrentNavigableMap<byte[], byte[]> newest = current;
    byte[] value = newest.get(key);
    if (value == null) {
      value = committing.get(key);
    }
    if (value == null && newest != current) {
      return get(key); // a cut came between the two looks
    }
    if (value == null) {
      value = catalog.record(key);
    }
    return value == REMOVED ? null : value;
  }

  /** Whether a record is as the catalog has it. Under the log lock. */
  boolean isCommitted(byte[] key) {
    return !current.containsKey(key) && !committing.containsKey(key);
  }

  void put(byte[] key, byte[] value) {
    current.put(key, value.length == 0 ? EMPTY : value);
  }

  void remove(byte[] key) {
    current.put(key, REMOVED);
  }

  /** Visits records from {@code from}, inclusive, to {@code to}, exclusive, in key order. */
  void scan(byte[] from, byte[] to, RecordVisitor visitor) throws IOException {
    ConcurrentNavigableMap<byte[], byte[]> newest;
    ConcurrentNavigableMap<byte[], byte[]> older;
    do {
      newest = current;
      older = committing;
    } while (newest != current);
    Merge top = new Merge(newest.subMap(from, true, to, false), visitor);
    Merge middle = new Merge(older.subMap(from, true, to, false), top);
    catalog.scan(from, to, middle);
    middle.finish();
    top.finish();
  }

  /** Changes since the last cut, at least. */
  int size() {
    return current.size();
  }

  /** Starts a new layer; the one before is to be committed. Under the log lock. */
  Map<byte[], byte[]> cut() {
    ConcurrentNavigableMap<byte[], byte[]> cut = current;
    committing = cut;
    current = layer();
    return cut;
  }

  /** Stores the layer that {@link #cut} handed over. */
  static void store(Map<byte[], byte[]> cut, Catalog.Commit commit) throws IOException {
    for (Map.Entry<byte[], byte[]> change : cut.entrySet()) {
      if (change.getValue() == REMOVED) {
        commit.removeRecord(change.getKey());
      } else {
        commit.putRecord(change.getKey(), change.getValue());
      }
    }
  }

  /** After the commit: the catalog has it. */
  void committed() {
    committing = layer();
  }

  /** Lays changes over the records of the layers below as these come by. */
  private static final class Merge implements RecordVisitor {
    private final Iterator<Map.Entry<byte[], byte[]>> changes;
    private final RecordVisitor visitor;
    private Map.Entry<byte[], byte[]> change;
    private boolean more = true;

    Merge(Map<byte[], byte[]> changes, RecordVisitor visitor) {
      this.changes = changes.entrySet().iterator();
      this.visitor = visitor;
      advance();
    }

    private void advance() {
      change = changes.hasNext() ? changes.next() : null;
    }

    @Override
    public boolean record(byte[] key, byte[] value) {
      while (more && change != null && Arrays.compareUnsigned(change.getKey(), key) < 0) {
        visitChange();
      }
      if (more && change != null && Arrays.equals(change.getKey(), key)) {
        visitChange();
      } else if (more) {
        more = visitor.record(key, value);
      }
      return more;
    }

    private void visitChange() {
      if (change.getValue() != REMOVED) {
        more = visitor.record(change.getKey(), change.getValue());
      }
      advance();
    }

    void finish() {
      while (more && change != null) {
        visitChange();
      }
    }
  }
}
