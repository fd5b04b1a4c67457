package dev.pando.daemon.tree;

import dev.pando.cowstore.Change;
import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;

/** The store's records as the tree reads them: failures come as errno values. Thread-safe. */
final class Records {
  private final CowStore store;

  Records(CowStore store) {
    this.store = store;
  }

  /** The value at {@code key}, or null. */
  byte[] get(byte[] key) throws ErrnoException {
    try {
      return store.record(key);
    } catch (StoreException e) {
      throw StoreErrors.translate(e);
    }
  }

  /** Visits the records from {@code from} to before {@code to} until the visitor returns false. */
  void scan(byte[] from, byte[] to, Visitor visitor) throws ErrnoException {
    try {
      store.scan(from, to, visitor::visit);
    } catch (StoreException e) {
      throw StoreErrors.translate(e);
    }
  }

  /** Visits all of {@code inode}'s records in a table. */
  void scan(byte table, long inode, Visitor visitor) throws ErrnoException {
    scan(TreeFormat.key(table, inode), TreeFormat.endKey(table, inode), visitor);
  }

  void apply(Change change) throws ErrnoException {
    try {
      change.apply();
    } catch (StoreException e) {
      throw StoreErrors.translate(e);
    }
  }

  /** The entry {@code name} of {@code directory}, or null. */
  Dentry entry(long directory, byte[] name) throws ErrnoException {
    byte[] value = get(TreeFormat.key(TreeFormat.ENTRY_BY_NAME, directory, name));
    return value == null ? null : TreeFormat.decodeEntry(value);
  }

  /** Takes records one after the other; returns whether it wants more. */
  @FunctionalInterface
  interface Visitor {
    boolean visit(byte[] key, byte[] value);
  }
}
