package dev.pando.daemon.tree;

import dev.pando.cowstore.CowStore;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * What the parts of a tree share.
 *
 * <p>Concurrency: the tree lock is the first of all locks. Its write lock is held over every change
 * of records, from the first read it relies on until the change is applied and published; its read
 * lock over whatever must see entries and inodes that fit together, and over every open. Data of
 * files and attributes of inodes are read and data is written without it. An inode's monitor is
 * taken under it, and nothing under that. Nobody waits for a disk's flush with it.
 */
final class TreeState {
  private final CowStore store;
  private final Records records;
  private final InodeTable inodes;
  private final RememberedNodes remembered = new RememberedNodes();
  private final Quotas quotas;

  /** Hidden directories whose keeper is gone: {@link Orphans} ends them. */
  private final Queue<Long> released = new ConcurrentLinkedQueue<>();

  private volatile boolean movesAccessTimes = true;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();

  TreeState(CowStore store) {
    this.store = store;
    this.records = new Records(store);
    this.inodes = new InodeTable(store);
    this.quotas = new Quotas(store);
  }

  CowStore store() {
    return store;
  }

  Records records() {
    return records;
  }

  InodeTable inodes() {
    return inodes;
  }

  Lock readLock() {
    return lock.readLock();
  }

  Lock writeLock() {
    return lock.writeLock();
  }

  Quotas quotas() {
    return quotas;
  }

  RememberedNodes remembered() {
    return remembered;
  }

  Queue<Long> released() {
    return released;
  }

  /** Whether reading moves times of access. */
  boolean movesAccessTimes() {
    return movesAccessTimes;
  }

  void leaveAccessTimes() {
    movesAccessTimes = false;
  }

  /** A new transaction; the caller holds the write lock. */
  Transaction begin() {
    return new Transaction(store, records, inodes, remembered, quotas, released);
  }
}
