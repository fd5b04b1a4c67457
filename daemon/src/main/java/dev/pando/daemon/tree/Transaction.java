package dev.pando.daemon.tree;

import dev.pando.cowstore.Change;
import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.CowStore;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;

/**
 * One atomic step of the tree: reads what is there and what it changed itself, collects changes,
 * and hands all of them to the store as one {@link Change}. Used by one thread, which holds the
 * tree's write lock from before the first read until after {@link #apply}; a transaction that is
 * never applied changed nothing.
 */
final class Transaction {
  private final CowStore store;
  private final Records records;
  private final InodeTable inodes;
  private final RememberedNodes remembered;
  private final Quotas quotas;
  private final Change change;
  private final long nowNanos = Timestamps.now();

  /** What the inodes touched so far will be; empty: gone. */
  private final Map<Long, Optional<InodeRecord>> stagedInodes = new LinkedHashMap<>();

  /** Live objects of the inodes read, held so that the one instance stays the one. */
  private final Map<Long, Inode> held = new HashMap<>();

  /** What the entries touched so far will be, by their key; empty: gone. */
  private final Map<ByteBuffer, Optional<Dentry>> stagedEntries = new HashMap<>();

  /** Hidden directories that nothing keeps any more: orphans from the end of this on. */
  private final List<Long> released = new ArrayList<>();

  /** Takes them then, to be ended. */
  private final Queue<Long> ending;

  Transaction(
      CowStore store,
      Records records,
      InodeTable inodes,
      RememberedNodes remembered,
      Quotas quotas,
      Queue<Long> ending) {
    this.store = store;
    this.records = records;
    this.inodes = inodes;
    this.remembered = remembered;
    this.quotas = quotas;
    this.ending = ending;
    this.change = store.change();
  }

  /** The time at which all of this happens. */
  long nowNanos() {
    return nowNanos;
  }

  /** For what only the store knows: data of files, records of other layers. */
  Change change() {
    return change;
  }

  // ---- inodes

  /** The live object of an inode that was there before this transaction. */
  Inode inode(long number) throws ErrnoException {
    Inode inode = held.get(number);
    if (inode == null) {
      inode = inodes.get(number);
      held.put(number, inode);
    }
    return inode;
  }

  /** An inode as this transaction leaves it so far; ESTALE if there is none. */
  InodeRecord record(long number) throws ErrnoException {
    Optional<InodeRecord> staged = stagedInodes.get(number);
    if (staged != null) {
      return staged.orElseThrow(() -> new ErrnoException(Errno.ESTALE));
    }
    return inode(number).foldedRecord();
  }

  /** The inode becomes {@code record}. */
  void put(long number, InodeRecord record) {
    stagedInodes.put(number, Optional.of(record));
  }

  /**
   * A new inode, without a name yet; of a regular file also its data.
   *
   * @param group the directory whose files share segments with it
   */
  long add(InodeRecord record, long group) throws ErrnoException {
    long number = store.nextNumber();
    put(number, record);
    if (record.isRegular()) {
      change.createFile(number, counted(group));
    }
    return number;
  }

  /** A new regular file whose data is a fork of {@code source}'s. */
  long addFork(CowFile source, InodeRecord record, long group) throws ErrnoException {
    long number = store.nextNumber();
    put(number, record);
    change.fork(source, number, counted(group));
    return number;
  }

  private long counted(long group) throws ErrnoException {
    long quota = quotas.of(group, this::record);
    return quota == 0 ? group : quota;
  }

  /** The directory whose quota what is in {@code directory} counts to; 0: none. */
  long quotaOf(long directory) throws ErrnoException {
    return quotas.of(directory, this::record);
  }

  /** Throws EXDEV unless what is in both directories counts to the same quota, or to none. */
  void requireSameQuota(long directory, long other) throws ErrnoException {
    quotas.requireSame(directory, other, this::record);
  }

  /**
   * The inode ends: itself, its data, its extended attributes, what was attached to it and what it
   * kept.
   */
  void remove(long number) throws ErrnoException {
    InodeRecord record = record(number);
    if (record.isRegular()) {
      change.removeFile(inode(number).file());
    }
    removeAll(TreeFormat.EXTENDED_ATTRIBUTE, number);
    if (record.isDirectory()) {
      removeAll(TreeFormat.ATTACHMENT, number);
      releaseAll(number);
      if (store.isCounted(number)) {
        change.endQuota(number);
      }
    }
    change.remove(TreeFormat.key(TreeFormat.ORPHAN, number));
    stagedInodes.put(number, Optional.empty());
  }

  private void removeAll(byte table, long number) throws ErrnoException {
    records.scan(
        table,
        number,
        (key, value) -> {
          change.remove(key);
          return true;
        });
  }

  private void releaseAll(long owner) throws ErrnoException {
    List<Long> kept = new ArrayList<>();
    records.scan(TreeFormat.KEPT, owner, (key, value) -> kept.add(TreeFormat.secondNumber(key)));
    kept.forEach(directory -> release(owner, directory));
  }

  /** A hidden directory is kept as long as {@code owner}, a directory too, is there. */
  void keep(long owner, long directory, byte[] label) {
    removeOrphan(directory);
    change.put(TreeFormat.keptKey(owner, directory), label);
  }

  /** Takes {@link #keep} back: the hidden directory is an orphan. */
  void release(long owner, long directory) {
    change.remove(TreeFormat.keptKey(owner, directory));
    putOrphan(directory);
    released.add(directory);
  }

  /** The inode has no name any more, or none yet; it ends when the tree is next opened. */
  void putOrphan(long number) {
    change.put(TreeFormat.key(TreeFormat.ORPHAN, number), new byte[1]);
  }

  void removeOrphan(long number) {
    change.remove(TreeFormat.key(TreeFormat.ORPHAN, number));
  }

  /** One link less: without any the inode ends, or with its last close if it is open. */
  void dropLink(long number) throws ErrnoException {
    InodeRecord dropped = withLinkLess(number);
    if (dropped.linkCount() > 0) {
      put(number, dropped);
    } else if (inode(number).isOpen()) {
      put(number, dropped);
      putOrphan(number);
    } else {
      remove(number);
    }
  }

  /**
   * At the kernel's request, which so knows the inode: one link less, and without any it ends when
   * the kernel forgets it. A directory has lost its name and is empty.
   */
  void dropRequestedLink(long number) throws ErrnoException {
    InodeRecord dropped = withLinkLess(number);
    if (dropped.linkCount() > 0) {
      put(number, dropped);
    } else if (remembered.add(number) || inode(number).isOpen()) {
      put(number, dropped);
      putOrphan(number);
    } else {
      remove(number);
    }
  }

  private InodeRecord withLinkLess(long number) throws ErrnoException {
    InodeRecord record = record(number);
    int links = record.isDirectory() ? 0 : record.linkCount() - 1;
    return record.withLinkCount(links).changedAt(nowNanos);
  }

  // ---- entries

  /** The entry {@code name} of {@code directory}, or null. */
  Dentry entry(long directory, byte[] name) throws ErrnoException {
    Optional<Dentry> staged = stagedEntries.get(entryKey(directory, name));
    return staged != null ? staged.orElse(null) : records.entry(directory, name);
  }

  /** Adds an entry and marks the directory as modified; a subdirectory's parent is set too. */
  void addEntry(long directory, byte[] name, long child) throws ErrnoException {
    change.needsRoom();
    InodeRecord record = record(child);
    Dentry entry = new Dentry(child, record.mode() & Mode.TYPE_MASK, store.nextNumber());
    change.put(TreeFormat.key(TreeFormat.ENTRY_BY_NAME, directory, name), TreeFormat.encode(entry));
    change.put(
        TreeFormat.cookieKey(directory, entry.cookie()), TreeFormat.encodeForReading(entry, name));
    stagedEntries.put(entryKey(directory, name), Optional.of(entry));
    if (record.isDirectory()) {
      put(child, record.withText(directory, name));
    } else if (record.isRegular()) {
      put(child, record.withParent(directory));
    }
    modified(directory, record.isDirectory() ? 1 : 0);
  }

  /** Removes an entry and marks the directory as modified; the child is left as it is. */
  void removeEntry(long directory, byte[] name, Dentry entry) throws ErrnoException {
    change.remove(TreeFormat.key(TreeFormat.ENTRY_BY_NAME, directory, name));
    change.remove(TreeFormat.cookieKey(directory, entry.cookie()));
    stagedEntries.put(entryKey(directory, name), Optional.empty());
    modified(directory, entry.isDirectory() ? -1 : 0);
  }

  private void modified(long directory, int moreLinks) throws ErrnoException {
    InodeRecord record = record(directory);
    // a removed directory that is being emptied has no link to lose
    int linkCount = Math.max(0, record.linkCount() + moreLinks);
    put(directory, record.withLinkCount(linkCount).modifiedAt(nowNanos));
  }

  /** Whether a directory that this transaction did not fill has no entry. */
  boolean isEmpty(long directory) throws ErrnoException {
    boolean[] empty = {true};
    records.scan(
        TreeFormat.ENTRY_BY_COOKIE,
        directory,
        (key, value) -> {
          Optional<Dentry> staged =
              stagedEntries.get(entryKey(directory, TreeFormat.nameForReading(value)));
          empty[0] = staged != null && staged.isEmpty();
          return empty[0];
        });
    return empty[0];
  }

  private static ByteBuffer entryKey(long directory, byte[] name) {
    return ByteBuffer.wrap(TreeFormat.key(TreeFormat.ENTRY_BY_NAME, directory, name));
  }

  // ---- the end

  /**
   * As {@link #apply()}, for a change that nobody requested: what caches are to be told of it is
   * owed to them from before it happens.
   *
   * @return to be run after they were told
   */
  Runnable applyOwing(List<Notice> notices, Invalidations caches) throws ErrnoException {
    Runnable told = caches.owe(notices);
    boolean applied = false;
    try {
      if (!stagedInodes.isEmpty() || !change.isEmpty()) {
        apply();
      }
      applied = true;
      return told;
    } finally {
      if (!applied) {
        told.run();
      }
    }
  }

  /** As {@link #apply()}, for a request that made or linked {@code node}, or 0. */
  void apply(Receipt receipt, long node) throws ErrnoException {
    change.witness(number -> receipt.recorded(number, node));
    apply();
  }

  /** Applies everything: on return every reader sees it, and it survives the daemon. */
  void apply() throws ErrnoException {
    stagedInodes.forEach(
        (number, record) -> {
          byte[] key = TreeFormat.key(TreeFormat.INODE, number);
          if (record.isPresent()) {
            change.put(key, TreeFormat.encode(record.get()));
          } else {
            change.remove(key);
          }
        });
    records.apply(change);
    stagedInodes.forEach(this::publish);
    ending.addAll(released);
  }

  private void publish(long number, Optional<InodeRecord> record) {
    Inode inode = held.get(number);
    if (inode != null) {
      inode.publish(record.orElse(null));
      if (record.isEmpty()) {
        inodes.forget(inode);
      }
    }
  }
}
