package dev.pando.daemon.tree;

import dev.pando.cowstore.StoreException;
import java.util.concurrent.locks.Lock;

/** Opening and closing of regular files. Thread-safe. */
final class OpenFiles {
  // open(2) flags of asm-generic/fcntl.h, which the architectures this runs on use
  private static final int ACCESS_MODE = 3;
  private static final int READ_ONLY = 0;
  private static final int WRITE_ONLY = 1;
  private static final int EXCLUSIVE = 0200;
  private static final int TRUNCATE = 01000;
  static final int NO_ACCESS_TIME = 01000000;

  private final TreeState state;
  private final Orphans orphans;
  private final AccessTimes accessTimes;
  private volatile boolean refusesOpens;
  private volatile OpenGuard guard = OpenGuard.NONE;

  OpenFiles(TreeState state, Orphans orphans, AccessTimes accessTimes) {
    this.state = state;
    this.orphans = orphans;
    this.accessTimes = accessTimes;
  }

  void refuseOpens() {
    refusesOpens = true;
  }

  void guard(OpenGuard newGuard) {
    guard = newGuard;
  }

  private void requireOpen() throws ErrnoException {
    if (refusesOpens) {
      throw new ErrnoException(Errno.ENOTCONN);
    }
  }

  OpenFile open(long node, int flags, Caller caller) throws ErrnoException {
    requireOpen();
    OpenRegularFile opened;
    Lock lock = state.readLock();
    lock.lock();
    try {
      opened = openLocked(state.inodes().get(node), flags, caller);
    } finally {
      lock.unlock();
    }
    admit(opened);
    if ((flags & TRUNCATE) != 0) {
      truncate(opened, caller);
    }
    return opened;
  }

  private void admit(OpenRegularFile opened) throws ErrnoException {
    if (opened.guardedWriter() == null) {
      return;
    }
    boolean admitted = false;
    try {
      admitted = guard.admits(opened.inode().number(), opened.guardedWriter());
    } finally {
      if (!admitted) {
        opened.release();
      }
    }
    if (!admitted) {
      throw new ErrnoException(Errno.ENOMEM);
    }
  }

  /** Opens an inode; the caller holds the tree lock, either way. */
  private OpenRegularFile openLocked(Inode inode, int flags, Caller caller) throws ErrnoException {
    InodeRecord record = inode.record();
    if (record.isDirectory()) {
      throw new ErrnoException(Errno.EISDIR);
    }
    if (!record.isRegular()) {
      throw new ErrnoException(Mode.isSymlink(record.mode()) ? Errno.ELOOP : Errno.ENXIO);
    }
    int access = flags & ACCESS_MODE;
    if (access != READ_ONLY || (flags & TRUNCATE) != 0) {
      Checks.notFrozen(record);
    }
    return opened(inode, flags, caller.processId());
  }

  private OpenRegularFile opened(Inode inode, int flags, int processId) throws ErrnoException {
    int access = flags & ACCESS_MODE;
    boolean writable = access != READ_ONLY;
    boolean isImage = inode.record().isImage();
    Opener writer = writable ? Opener.of(processId) : null;
    int reader = isImage && !writable ? Opener.processOf(processId) : 0;
    boolean direct = inode.opened(isImage, writer, reader);
    boolean readable = access != WRITE_ONLY;
    boolean movesAccessTime = state.movesAccessTimes() && (flags & NO_ACCESS_TIME) == 0;
    return new OpenRegularFile(
        this, inode, readable, direct, movesAccessTime, writer, reader, isImage);
  }

  /** See {@link FileSystem#reopen}. */
  OpenFile reopen(long node, int flags, int processId, boolean direct) throws ErrnoException {
    Lock lock = state.readLock();
    lock.lock();
    try {
      Inode inode = state.inodes().get(node);
      inode.decideDirect(direct);
      return opened(inode, flags, processId);
    } finally {
      lock.unlock();
    }
  }

  private void truncate(OpenRegularFile opened, Caller caller) throws ErrnoException {
    try {
      opened.inode().file().resize(0);
      clearPrivileges(opened.inode(), caller);
    } catch (StoreException e) {
      opened.release();
      throw StoreErrors.translate(e);
    } catch (ErrnoException e) {
      opened.release();
      throw e;
    }
  }

  /** A cut takes capabilities from a file, and from who is not root set-id bits too. */
  private void clearPrivileges(Inode inode, Caller caller) throws ErrnoException {
    InodeRecord before = inode.record();
    if (!before.hasCapability() && modeAfterCut(before, caller) == before.mode()) {
      return;
    }
    long node = inode.number();
    Lock lock = state.writeLock();
    lock.lock();
    try {
      Transaction transaction = state.begin();
      InodeRecord record = transaction.record(node);
      InodeRecord changed =
          record.withMode(modeAfterCut(record, caller)).changedAt(transaction.nowNanos());
      if (record.hasCapability()) {
        changed = ExtendedAttributes.withoutCapability(transaction, node, changed);
      }
      transaction.put(node, changed);
      transaction.apply();
    } finally {
      lock.unlock();
    }
  }

  private static int modeAfterCut(InodeRecord record, Caller caller) {
    return caller.userId() == 0 ? record.mode() : record.modeWithoutSetId(caller);
  }

  OpenFile create(
      long parent, byte[] name, int mode, int flags, Caller caller, Attributes out, Receipt receipt)
      throws ErrnoException {
    requireOpen();
    Checks.name(name);
    OpenRegularFile opened;
    boolean made;
    Lock lock = state.writeLock();
    lock.lock();
    try {
      Transaction transaction = state.begin();
      InodeRecord directory = transaction.record(parent);
      Checks.directory(directory);
      Dentry entry = transaction.entry(parent, name);
      if (entry != null && (flags & EXCLUSIVE) != 0) {
        throw new ErrnoException(Errno.EEXIST);
      }
      made = entry == null;
      long number;
      if (made) {
        Checks.changeableDirectory(transaction, parent);
        number = transaction.add(newFile(transaction, directory, name, mode, caller), parent);
        transaction.addEntry(parent, name, number);
        transaction.apply(receipt, number);
      } else {
        number = entry.child();
      }
      opened = openLocked(state.inodes().get(number), flags, caller);
      opened.inode().fill(out);
    } finally {
      lock.unlock();
    }
    if (!made) {
      admit(opened);
    }
    if (!made && (flags & TRUNCATE) != 0) {
      truncate(opened, caller);
      opened.inode().fill(out);
    }
    return opened;
  }

  OpenFile createUnnamed(
      long parent, int mode, int flags, Caller caller, Attributes out, Receipt receipt)
      throws ErrnoException {
    requireOpen();
    Lock lock = state.writeLock();
    lock.lock();
    try {
      Transaction transaction = state.begin();
      InodeRecord directory = Checks.changeableDirectory(transaction, parent);
      InodeRecord file =
          newFile(transaction, directory, InodeRecord.NO_TEXT, mode, caller).withLinkCount(0);
      long number = transaction.add(file, parent);
      transaction.putOrphan(number);
      transaction.apply(receipt, number);
      state.remembered().add(number);
      OpenRegularFile opened = openLocked(state.inodes().get(number), flags, caller);
      opened.inode().fill(out);
      return opened;
    } finally {
      lock.unlock();
    }
  }

  private static InodeRecord newFile(
      Transaction transaction, InodeRecord directory, byte[] name, int mode, Caller caller) {
    int typed = (mode & Mode.PERMISSIONS) | Mode.REGULAR;
    return ImageNames.named(
        Namespace.inheriting(directory, typed, caller, transaction.nowNanos()), name);
  }

  /** A process has closed an image that it had open for writing. */
  void guardedClose(Inode image, Opener writer) {
    guard.closed(image.number(), writer);
  }

  /** A close: the last one of an unlinked file ends it, that of another keeps its access time. */
  void closed(Inode inode, Opener writer, int reader) throws ErrnoException {
    if (!inode.closed(writer, reader)) {
      return;
    }
    if (isUnlinked(inode)) {
      orphans.closed(inode);
    } else {
      accessTimes.keep(inode);
    }
  }

  /**
   * Under the lock: an unlink that still saw the file open and has not said so yet is waited for.
   */
  private boolean isUnlinked(Inode inode) throws ErrnoException {
    Lock lock = state.readLock();
    lock.lock();
    try {
      return !inode.isGone() && inode.record().linkCount() == 0;
    } finally {
      lock.unlock();
    }
  }

  /** As fsync(2), without blocking; see {@link OpenFile#sync}. */
  void sync(Inode inode, boolean dataOnly, Completion done) {
    boolean attributesToo = !dataOnly && inode.takeChangedSinceSync();
    inode
        .file()
        .sync(
            dataOnly,
            failure -> {
              if (failure == null && attributesToo) {
                state.store().sync(later -> finished(inode, later, done));
              } else {
                finished(inode, failure, done);
              }
            });
  }

  private static void finished(Inode inode, StoreException failure, Completion done) {
    if (failure != null) {
      inode.syncFailed();
    }
    done.completed(StoreErrors.errnoOfSync(failure));
  }
}
