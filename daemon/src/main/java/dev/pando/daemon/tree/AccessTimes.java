package dev.pando.daemon.tree;

import java.util.concurrent.locks.Lock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Times of access. They move in memory, by {@link Inode#accessed}, and come into the record of a
 * file at its last close, of all else at once. A failure is logged: reading never fails for it.
 * Thread-safe.
 */
final class AccessTimes {
  private static final Logger LOG = LoggerFactory.getLogger(AccessTimes.class);

  private final TreeState state;

  AccessTimes(TreeState state) {
    this.state = state;
  }

  /** A directory or a symbolic link was read. */
  void accessed(long node) {
    if (!state.movesAccessTimes()) {
      return;
    }
    try {
      Inode inode = state.inodes().get(node);
      if (inode.accessed()) {
        keep(inode);
      }
    } catch (ErrnoException e) {
      LOG.debug("the time of access of inode {} was not kept: {}", node, e.getMessage());
    }
  }

  /** Brings the time of access into the record, if it moved. */
  void keep(Inode inode) {
    try {
      if (inode.foldedRecord().accessNanos() == inode.record().accessNanos()) {
        return;
      }
      Lock lock = state.writeLock();
      lock.lock();
      try {
        Transaction transaction = state.begin();
        InodeRecord record = transaction.record(inode.number());
        if (!record.isFrozen()) {
          transaction.put(inode.number(), record);
          transaction.apply();
        }
      } finally {
        lock.unlock();
      }
    } catch (ErrnoException e) {
      LOG.debug("the time of access of inode {} was not kept: {}", inode.number(), e.getMessage());
    }
  }
}
