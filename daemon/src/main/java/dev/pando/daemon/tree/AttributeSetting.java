package dev.pando.daemon.tree;

import dev.pando.cowstore.StoreException;
import java.util.concurrent.locks.Lock;

/** chmod, chown, utimensat and truncate in one. Thread-safe. */
final class AttributeSetting {
  private static final int OF_THE_RECORD =
      AttributeChange.MODE
          | AttributeChange.UID
          | AttributeChange.GID
          | AttributeChange.ATIME
          | AttributeChange.MTIME
          | AttributeChange.ATIME_NOW
          | AttributeChange.MTIME_NOW;

  private static final int KILL = AttributeChange.KILL_SUIDGID | AttributeChange.KILL_CAPABILITY;

  private final TreeState state;

  AttributeSetting(TreeState state) {
    this.state = state;
  }

  void set(long node, AttributeChange change, Attributes out) throws ErrnoException {
    Inode inode = state.inodes().get(node);
    Checks.notFrozen(inode.record());
    if (change.has(AttributeChange.SIZE)) {
      resize(inode, change.sizeBytes);
    }
    // a kernel asks for it with every write of an unprivileged process: mostly nothing is to do
    if (change.has(OF_THE_RECORD) || killsPrivilege(inode.record(), change)) {
      changeRecord(node, change);
    }
    inode.fill(out);
  }

  private static boolean killsPrivilege(InodeRecord record, AttributeChange change) {
    return (change.has(AttributeChange.KILL_SUIDGID)
            && record.modeWithoutSetId(change.caller) != record.mode())
        || (change.has(KILL) && record.hasCapability());
  }

  /** Outside the lock: a truncation may take long, and the store itself refuses a frozen file. */
  private static void resize(Inode inode, long sizeBytes) throws ErrnoException {
    if (inode.file() == null) {
      boolean directory = inode.record().isDirectory();
      throw new ErrnoException(directory ? Errno.EISDIR : Errno.EINVAL);
    }
    if (sizeBytes < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    try {
      inode.file().resize(sizeBytes);
    } catch (StoreException e) {
      throw StoreErrors.translate(e);
    }
  }

  private void changeRecord(long node, AttributeChange change) throws ErrnoException {
    Lock lock = state.writeLock();
    lock.lock();
    try {
      Transaction transaction = state.begin();
      InodeRecord record = transaction.record(node);
      Checks.notFrozen(record);
      InodeRecord changed = changed(record, change, transaction.nowNanos());
      if (change.has(KILL) && record.hasCapability()) {
        changed = ExtendedAttributes.withoutCapability(transaction, node, changed);
      }
      transaction.put(node, changed);
      transaction.apply();
    } finally {
      lock.unlock();
    }
  }

  private static InodeRecord changed(InodeRecord record, AttributeChange change, long nowNanos) {
    int mode = record.mode();
    if (change.has(AttributeChange.KILL_SUIDGID)) {
      mode = record.modeWithoutSetId(change.caller);
    }
    if (change.has(AttributeChange.MODE)) {
      mode = (mode & Mode.TYPE_MASK) | (change.mode & Mode.PERMISSIONS);
    }
    int userId = change.has(AttributeChange.UID) ? change.userId : record.userId();
    int groupId = change.has(AttributeChange.GID) ? change.groupId : record.groupId();
    long access = record.accessNanos();
    if (change.has(AttributeChange.ATIME_NOW)) {
      access = nowNanos;
    } else if (change.has(AttributeChange.ATIME)) {
      access = Timestamps.of(change.accessSeconds, change.accessNanos);
    }
    long modify = record.modifyNanos();
    if (change.has(AttributeChange.MTIME_NOW)) {
      modify = nowNanos;
    } else if (change.has(AttributeChange.MTIME)) {
      modify = Timestamps.of(change.modifySeconds, change.modifyNanos);
    }
    return record
        .withMode(mode)
        .withOwner(userId, groupId)
        .withTimes(access, modify, record.changeNanos())
        .changedAt(nowNanos);
  }
}
