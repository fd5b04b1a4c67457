package dev.pando.daemon.tree;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Lock;

/**
 * Inodes without a name: unlinked ones that someone has open or the kernel remembers, directory
 * trees that were taken out of the tree or never came into it. Each is on record, so that a crash
 * leaks nothing. Thread-safe.
 */
final class Orphans {
  /** How many entries of an orphaned directory one transaction removes. */
  private static final int ENTRIES_A_STEP = 64;

  private final TreeState state;

  Orphans(TreeState state) {
    this.state = state;
  }

  /** Ends all there are: at a fresh mount nobody has any open. */
  void endAll() throws ErrnoException {
    for (long orphan : all()) {
      end(orphan, Invalidations.NONE);
    }
  }

  /**
   * At a takeover: the kernel may know those that have nothing in them, and will say when it is
   * done with them.
   *
   * @return the others, directories that somebody had begun to make or to end: to be ended
   */
  List<Long> rememberAll() throws ErrnoException {
    List<Long> abandoned = new ArrayList<>();
    for (long orphan : all()) {
      if (state.inodes().get(orphan).record().isDirectory() && !someNames(orphan).isEmpty()) {
        abandoned.add(orphan);
      } else {
        state.remembered().add(orphan);
      }
    }
    return abandoned;
  }

  private List<Long> all() throws ErrnoException {
    List<Long> orphans = new ArrayList<>();
    state
        .records()
        .scan(
            new byte[] {TreeFormat.ORPHAN},
            TreeFormat.endKey(TreeFormat.ORPHAN),
            (key, value) -> orphans.add(TreeFormat.number(key)));
    return orphans;
  }

  /**
   * Ends an orphan, a directory with all that is below it; what is open ends at its last close.
   *
   * @param told of every name that goes with it, and of files that lose one and stay
   */
  void end(long orphan, Invalidations told) throws ErrnoException {
    endAlone(orphan, told);
    endReleased(told);
  }

  /**
   * Ends a directory that never had a name, so that nobody above knows of it. One that has come
   * into the tree, or is kept, stays.
   *
   * @param told of what else ends, as by {@link #endReleased}
   */
  void endUnseen(long orphan, Invalidations told) throws ErrnoException {
    if (state.records().get(TreeFormat.key(TreeFormat.ORPHAN, orphan)) != null) {
      endAlone(orphan, Invalidations.NONE);
    }
    endReleased(told);
  }

  private void endAlone(long orphan, Invalidations told) throws ErrnoException {
    Deque<Long> ending = new ArrayDeque<>();
    ending.push(orphan);
    while (!ending.isEmpty()) {
      if (step(ending.peek(), ending, told)) {
        continue;
      }
      ending.pop();
    }
  }

  /** Ends the hidden directories whose keeper is gone. */
  void endReleased(Invalidations told) throws ErrnoException {
    for (Long next = state.released().poll(); next != null; next = state.released().poll()) {
      end(next, told);
    }
  }

  /**
   * One transaction: ends {@code orphan}, or empties it a little; directories it takes out of it
   * become orphans themselves and are pushed to {@code ending}. Returns whether more is to do.
   */
  private boolean step(long orphan, Deque<Long> ending, Invalidations caches)
      throws ErrnoException {
    List<byte[]> names;
    List<Notice> notices = new ArrayList<>();
    Runnable told;
    Lock lock = state.writeLock();
    lock.lock();
    try {
      Transaction transaction = state.begin();
      InodeRecord record = transaction.record(orphan);
      names = record.isDirectory() ? someNames(orphan) : List.of();
      List<Long> directories = new ArrayList<>();
      for (byte[] name : names) {
        notices.add(new Notice(orphan, name));
        Dentry entry = Checks.existing(transaction, orphan, name);
        transaction.removeEntry(orphan, name, entry);
        if (entry.isDirectory()) {
          InodeRecord directory = transaction.record(entry.child());
          transaction.put(entry.child(), directory.withLinkCount(0));
          transaction.putOrphan(entry.child());
          directories.add(entry.child());
        } else {
          boolean hasMore = transaction.record(entry.child()).linkCount() > 1;
          if (hasMore || transaction.inode(entry.child()).isOpen()) {
            notices.add(new Notice(entry.child(), null));
          }
          transaction.dropLink(entry.child());
        }
      }
      if (names.isEmpty() && !transaction.inode(orphan).isOpen()) {
        if (caches != Invalidations.NONE) {
          // the kernel may know it, as somebody's working directory, and will ask for it
          transaction.inode(orphan).leaveRemains();
        }
        transaction.remove(orphan);
        notices.add(new Notice(orphan, null));
      }
      told = transaction.applyOwing(notices, caches);
      directories.forEach(ending::push);
    } finally {
      lock.unlock();
    }
    notices.forEach(caches::tell);
    told.run();
    return !names.isEmpty();
  }

  private List<byte[]> someNames(long directory) throws ErrnoException {
    List<byte[]> names = new ArrayList<>();
    state
        .records()
        .scan(
            TreeFormat.ENTRY_BY_COOKIE,
            directory,
            (key, value) -> {
              names.add(TreeFormat.nameForReading(value));
              return names.size() < ENTRIES_A_STEP;
            });
    return names;
  }

  /** The kernel has forgotten a node: if it has no name it ends, or with its last close. */
  void forgotten(long node) throws ErrnoException {
    if (state.remembered().remove(node)) {
      endUnheld(state.inodes().get(node));
      endReleased(Invalidations.NONE);
    }
  }

  /**
   * After a last close: ends the inode if it has no name, was not opened again, and the kernel will
   * not say when it is done with it.
   */
  void closed(Inode inode) throws ErrnoException {
    if (!state.remembered().contains(inode.number())) {
      endUnheld(inode);
    }
  }

  private void endUnheld(Inode inode) throws ErrnoException {
    Lock lock = state.writeLock();
    lock.lock();
    try {
      if (inode.isGone() || inode.record().linkCount() > 0 || inode.isOpen()) {
        return;
      }
      Transaction transaction = state.begin();
      transaction.remove(inode.number());
      transaction.apply();
    } finally {
      lock.unlock();
    }
  }
}
