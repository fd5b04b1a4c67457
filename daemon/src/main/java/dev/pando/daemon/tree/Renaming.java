package dev.pando.daemon.tree;

import java.util.concurrent.locks.Lock;

/**
 * renameat2(2). A regular file that takes another's name is made durable first, so that after a
 * power loss the name never means a file whose data never came. Thread-safe.
 */
final class Renaming {
  private final TreeState state;
  private final Receipt receipt;

  Renaming(TreeState state, Receipt receipt) {
    this.state = state;
    this.receipt = receipt;
  }

  void rename(long parent, byte[] name, long newParent, byte[] newName, int flags)
      throws ErrnoException {
    boolean noReplace = flags == FileSystem.RENAME_NOREPLACE;
    boolean exchange = flags == FileSystem.RENAME_EXCHANGE;
    if (flags != 0 && !noReplace && !exchange) {
      throw new ErrnoException(Errno.EINVAL);
    }
    Checks.name(name);
    Checks.name(newName);
    Inode durable = null;
    while (true) {
      Inode toSync = attempt(parent, name, newParent, newName, noReplace, exchange, durable);
      if (toSync == null) {
        return;
      }
      Syncing.await(toSync.file());
      durable = toSync;
    }
  }

  /**
   * Renames, or returns the file that must be made durable first, which is not done under the lock.
   *
   * @param durable the file that was made durable for this, or null
   */
  private Inode attempt(
      long parent,
      byte[] name,
      long newParent,
      byte[] newName,
      boolean noReplace,
      boolean exchange,
      Inode durable)
      throws ErrnoException {
    Lock lock = state.writeLock();
    lock.lock();
    try {
      Transaction transaction = state.begin();
      Checks.changeableDirectory(transaction, parent);
      Checks.changeableDirectory(transaction, newParent);
      transaction.requireSameQuota(parent, newParent);
      Dentry moved = Checks.existing(transaction, parent, name);
      Dentry replaced = transaction.entry(newParent, newName);
      if (noReplace && replaced != null) {
        throw new ErrnoException(Errno.EEXIST);
      }
      if (exchange && replaced == null) {
        throw new ErrnoException(Errno.ENOENT);
      }
      if (replaced != null && replaced.child() == moved.child()) {
        return null; // two names of one file: POSIX says nothing happens
      }
      checkMove(transaction, moved, newParent);
      if (exchange) {
        checkMove(transaction, replaced, parent);
      } else if (replaced != null) {
        checkReplacement(transaction, moved, replaced);
        Inode inode = transaction.inode(moved.child());
        if (inode.file() != null && inode != durable) {
          return inode;
        }
      }
      transaction.removeEntry(parent, name, moved);
      if (replaced != null) {
        transaction.removeEntry(newParent, newName, replaced);
      }
      place(transaction, moved, newParent, newName);
      if (exchange) {
        place(transaction, replaced, parent, name);
      } else if (replaced != null) {
        transaction.dropRequestedLink(replaced.child());
      }
      transaction.apply(receipt, 0);
      return null;
    } finally {
      lock.unlock();
    }
  }

  /** Whether {@code moved} may go to {@code directory} at all. */
  private static void checkMove(Transaction transaction, Dentry moved, long directory)
      throws ErrnoException {
    Checks.notFrozen(transaction.record(moved.child()));
    if (!moved.isDirectory()) {
      return;
    }
    for (long at = directory; at != FileSystem.ROOT; at = transaction.record(at).parent()) {
      if (at == moved.child()) {
        throw new ErrnoException(Errno.EINVAL); // into itself
      }
    }
  }

  /** Whether {@code moved} may take the place of {@code replaced}. */
  private static void checkReplacement(Transaction transaction, Dentry moved, Dentry replaced)
      throws ErrnoException {
    Checks.notFrozen(transaction.record(replaced.child()));
    if (moved.isDirectory() && !replaced.isDirectory()) {
      throw new ErrnoException(Errno.ENOTDIR);
    }
    if (!moved.isDirectory() && replaced.isDirectory()) {
      throw new ErrnoException(Errno.EISDIR);
    }
    if (replaced.isDirectory() && !transaction.isEmpty(replaced.child())) {
      throw new ErrnoException(Errno.ENOTEMPTY);
    }
  }

  private static void place(Transaction transaction, Dentry moved, long directory, byte[] name)
      throws ErrnoException {
    InodeRecord record = transaction.record(moved.child());
    transaction.put(
        moved.child(), ImageNames.named(record, name).changedAt(transaction.nowNanos()));
    transaction.addEntry(directory, name, moved.child());
  }
}
