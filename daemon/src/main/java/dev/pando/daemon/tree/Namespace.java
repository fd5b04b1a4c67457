package dev.pando.daemon.tree;

import dev.pando.cowstore.CowFile;
import java.util.concurrent.locks.Lock;

/** Names: looked up, made, linked and removed. Each change is one transaction. Thread-safe. */
final class Namespace {
  /** As on ext4; a directory may have any number of subdirectories. */
  private static final int LINK_MAX = 65_000;

  /** PATH_MAX less its NUL. */
  private static final int TARGET_MAX_BYTES = 4095;

  private final TreeState state;
  private final Receipt receipt;

  Namespace(TreeState state, Receipt receipt) {
    this.state = state;
    this.receipt = receipt;
  }

  void lookup(long parent, byte[] name, Attributes out) throws ErrnoException {
    if (name.length > FileSystemStatistics.NAME_MAX) {
      throw new ErrnoException(Errno.ENAMETOOLONG);
    }
    Lock lock = state.readLock();
    lock.lock();
    try {
      state.inodes().named(child(parent, name)).fill(out);
    } finally {
      lock.unlock();
    }
  }

  private long child(long parent, byte[] name) throws ErrnoException {
    InodeRecord directory = state.inodes().get(parent).record();
    Checks.directory(directory);
    if (Checks.isDot(name)) {
      return parent;
    }
    if (Checks.isDotDot(name)) {
      return directory.parent();
    }
    Dentry entry = state.records().entry(parent, name);
    if (entry == null) {
      throw new ErrnoException(Errno.ENOENT);
    }
    return entry.child();
  }

  void makeNode(long parent, byte[] name, int mode, int device, Caller caller, Attributes out)
      throws ErrnoException {
    int typed = (mode & Mode.TYPE_MASK) == 0 ? mode | Mode.REGULAR : mode;
    int deviceOfType =
        switch (typed & Mode.TYPE_MASK) {
          case Mode.BLOCK_DEVICE, Mode.CHARACTER_DEVICE -> device;
          case Mode.REGULAR, Mode.FIFO, Mode.SOCKET -> 0;
          default -> throw new ErrnoException(Errno.EINVAL);
        };
    make(parent, name, typed, caller, InodeRecord.NO_TEXT, deviceOfType, out);
  }

  void makeDirectory(long parent, byte[] name, int mode, Caller caller, Attributes out)
      throws ErrnoException {
    int typed = (mode & Mode.PERMISSIONS) | Mode.DIRECTORY;
    make(parent, name, typed, caller, InodeRecord.NO_TEXT, 0, out);
  }

  void makeSymlink(long parent, byte[] name, byte[] target, Caller caller, Attributes out)
      throws ErrnoException {
    if (target.length > TARGET_MAX_BYTES) {
      throw new ErrnoException(Errno.ENAMETOOLONG);
    }
    if (target.length == 0) {
      throw new ErrnoException(Errno.ENOENT);
    }
    Caller unmasked = new Caller(caller.userId(), caller.groupId(), caller.processId(), 0);
    make(parent, name, Mode.SYMLINK | 0777, unmasked, target.clone(), 0, out);
  }

  private void make(
      long parent, byte[] name, int mode, Caller caller, byte[] text, int device, Attributes out)
      throws ErrnoException {
    Checks.name(name);
    Lock lock = state.writeLock();
    lock.lock();
    try {
      Transaction transaction = state.begin();
      InodeRecord directory = Checks.changeableDirectory(transaction, parent);
      Checks.absent(transaction, parent, name);
      InodeRecord made =
          inheriting(directory, mode, caller, transaction.nowNanos())
              .withDevice(device)
              .withText(0, text);
      long number = transaction.add(ImageNames.named(made, name), parent);
      transaction.addEntry(parent, name, number);
      transaction.apply(receipt, number);
      state.inodes().get(number).fill(out);
    } finally {
      lock.unlock();
    }
  }

  /**
   * A new inode in {@code directory}: its group is the caller's, or the directory's if that is
   * set-group-id, which a subdirectory then is too.
   */
  static InodeRecord inheriting(InodeRecord directory, int mode, Caller caller, long nowNanos) {
    boolean inherits = (directory.mode() & Mode.SET_GROUP_ID) != 0;
    int groupId = inherits ? directory.groupId() : caller.groupId();
    int masked = mode & ~(caller.umask() & 0777);
    if (inherits && Mode.isDirectory(mode)) {
      masked |= Mode.SET_GROUP_ID;
    }
    return InodeRecord.made(masked, caller.userId(), groupId, nowNanos);
  }

  void link(long node, long newParent, byte[] newName, Attributes out) throws ErrnoException {
    Checks.name(newName);
    Lock lock = state.writeLock();
    lock.lock();
    try {
      Transaction transaction = state.begin();
      InodeRecord record = transaction.record(node);
      if (record.isDirectory()) {
        throw new ErrnoException(Errno.EPERM);
      }
      Checks.notFrozen(record);
      Checks.changeableDirectory(transaction, newParent);
      Checks.absent(transaction, newParent, newName);
      CowFile file = transaction.inode(node).file();
      if (file != null && file.quotaGroup() != transaction.quotaOf(newParent)) {
        throw new ErrnoException(Errno.EXDEV);
      }
      if (record.linkCount() >= LINK_MAX) {
        throw new ErrnoException(Errno.EMLINK);
      }
      if (record.linkCount() == 0) {
        transaction.removeOrphan(node); // made without a name (O_TMPFILE): now it has one
        state.remembered().remove(node);
      }
      transaction.put(
          node,
          ImageNames.named(record, newName)
              .withLinkCount(record.linkCount() + 1)
              .changedAt(transaction.nowNanos()));
      transaction.addEntry(newParent, newName, node);
      transaction.apply(receipt, node);
      transaction.inode(node).fill(out);
    } finally {
      lock.unlock();
    }
  }

  void unlink(long parent, byte[] name) throws ErrnoException {
    remove(
        parent,
        name,
        (transaction, entry) -> {
          if (entry.isDirectory()) {
            throw new ErrnoException(Errno.EISDIR);
          }
          transaction.dropRequestedLink(entry.child());
        });
  }

  void removeDirectory(long parent, byte[] name) throws ErrnoException {
    remove(
        parent,
        name,
        (transaction, entry) -> {
          if (!entry.isDirectory()) {
            throw new ErrnoException(Errno.ENOTDIR);
          }
          if (!transaction.isEmpty(entry.child())) {
            throw new ErrnoException(Errno.ENOTEMPTY);
          }
          transaction.dropRequestedLink(entry.child());
        });
  }

  private void remove(long parent, byte[] name, Removal removal) throws ErrnoException {
    if (Checks.isDot(name)) {
      throw new ErrnoException(Errno.EINVAL);
    }
    if (Checks.isDotDot(name)) {
      throw new ErrnoException(Errno.ENOTEMPTY);
    }
    Lock lock = state.writeLock();
    lock.lock();
    try {
      Transaction transaction = state.begin();
      Checks.changeableDirectory(transaction, parent);
      Dentry entry = Checks.existing(transaction, parent, name);
      Checks.notFrozen(transaction.record(entry.child()));
      transaction.removeEntry(parent, name, entry);
      removal.remove(transaction, entry);
      transaction.apply(receipt, 0);
    } finally {
      lock.unlock();
    }
  }

  /** What becomes of a child whose entry goes. */
  private interface Removal {
    void remove(Transaction transaction, Dentry entry) throws ErrnoException;
  }
}
