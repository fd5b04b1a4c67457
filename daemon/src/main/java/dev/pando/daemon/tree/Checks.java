package dev.pando.daemon.tree;

/** What every change of names asks first; each check throws the errno Linux gives. */
final class Checks {
  private Checks() {}

  /** A name that an entry may have. The kernel hands on no other but too long ones. */
  static void name(byte[] name) throws ErrnoException {
    if (name.length > FileSystemStatistics.NAME_MAX) {
      throw new ErrnoException(Errno.ENAMETOOLONG);
    }
    if (name.length == 0 || isDot(name) || isDotDot(name)) {
      throw new ErrnoException(Errno.EINVAL);
    }
    for (byte b : name) {
      if (b == '/' || b == 0) {
        throw new ErrnoException(Errno.EINVAL);
      }
    }
  }

  static boolean isDot(byte[] name) {
    return name.length == 1 && name[0] == '.';
  }

  static boolean isDotDot(byte[] name) {
    return name.length == 2 && name[0] == '.' && name[1] == '.';
  }

  static void directory(InodeRecord record) throws ErrnoException {
    if (!record.isDirectory()) {
      throw new ErrnoException(Errno.ENOTDIR);
    }
  }

  static void notFrozen(InodeRecord record) throws ErrnoException {
    if (record.isFrozen()) {
      throw new ErrnoException(Errno.EROFS);
    }
  }

  /** A directory whose entries may change: there, not removed, not frozen. */
  static InodeRecord changeableDirectory(Transaction transaction, long number)
      throws ErrnoException {
    InodeRecord record = transaction.record(number);
    directory(record);
    if (record.linkCount() == 0) {
      throw new ErrnoException(Errno.ENOENT);
    }
    notFrozen(record);
    return record;
  }

  /** The entry {@code name} of {@code directory}; ENOENT if there is none. */
  static Dentry existing(Transaction transaction, long directory, byte[] name)
      throws ErrnoException {
    Dentry entry = transaction.entry(directory, name);
    if (entry == null) {
      throw new ErrnoException(Errno.ENOENT);
    }
    return entry;
  }

  static void absent(Transaction transaction, long directory, byte[] name) throws ErrnoException {
    if (transaction.entry(directory, name) != null) {
      throw new ErrnoException(Errno.EEXIST);
    }
  }
}
