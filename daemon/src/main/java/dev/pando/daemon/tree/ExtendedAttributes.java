package dev.pando.daemon.tree;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.Lock;

/**
 * Extended attributes (xattr(7)) of the namespaces user, trusted and security; who may touch which
 * is the kernel's business. POSIX ACLs and all else are refused with EOPNOTSUPP. Thread-safe.
 */
final class ExtendedAttributes {
  // limits of linux/limits.h
  private static final int NAME_MAX_BYTES = 255;
  private static final int VALUE_MAX_BYTES = 64 << 10;
  private static final int LIST_MAX_BYTES = 64 << 10;

  private static final int CREATE = 1;
  private static final int REPLACE = 2;

  private static final List<byte[]> NAMESPACES =
      List.of(ascii("user."), ascii("trusted."), ascii("security."));

  private static final byte[] CAPABILITY = ascii("security.capability");

  private final TreeState state;
  private final Receipt receipt;

  ExtendedAttributes(TreeState state, Receipt receipt) {
    this.state = state;
    this.receipt = receipt;
  }

  byte[] get(long node, byte[] name) throws ErrnoException {
    checkName(name);
    state.inodes().getOrRemoved(node);
    byte[] value = state.records().get(key(node, name));
    if (value == null) {
      throw new ErrnoException(Errno.ENODATA);
    }
    return value;
  }

  byte[] names(long node) throws ErrnoException {
    state.inodes().getOrRemoved(node);
    ByteArrayOutputStream names = new ByteArrayOutputStream();
    state
        .records()
        .scan(
            TreeFormat.EXTENDED_ATTRIBUTE,
            node,
            (key, value) -> {
              names.writeBytes(TreeFormat.name(key));
              names.write(0);
              return true;
            });
    return names.toByteArray();
  }

  void set(long node, byte[] name, byte[] value, int flags) throws ErrnoException {
    checkName(name);
    if (value.length > VALUE_MAX_BYTES) {
      throw new ErrnoException(Errno.E2BIG);
    }
    if ((flags & ~(CREATE | REPLACE)) != 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    Lock lock = state.writeLock();
    lock.lock();
    try {
      Transaction transaction = state.begin();
      InodeRecord record = transaction.record(node);
      Checks.notFrozen(record);
      boolean exists = state.records().get(key(node, name)) != null;
      if (exists && (flags & CREATE) != 0) {
        throw new ErrnoException(Errno.EEXIST);
      }
      if (!exists && (flags & REPLACE) != 0) {
        throw new ErrnoException(Errno.ENODATA);
      }
      if (!exists && names(node).length + name.length + 1 > LIST_MAX_BYTES) {
        throw new ErrnoException(Errno.ENOSPC); // listxattr(2) could not tell them all
      }
      transaction.change().needsRoom().put(key(node, name), value.clone());
      transaction.put(node, changed(transaction, record, name, true));
      transaction.apply(receipt, 0);
    } finally {
      lock.unlock();
    }
  }

  void remove(long node, byte[] name) throws ErrnoException {
    checkName(name);
    Lock lock = state.writeLock();
    lock.lock();
    try {
      Transaction transaction = state.begin();
      InodeRecord record = transaction.record(node);
      Checks.notFrozen(record);
      if (state.records().get(key(node, name)) == null) {
        throw new ErrnoException(Errno.ENODATA);
      }
      transaction.change().remove(key(node, name));
      transaction.put(node, changed(transaction, record, name, false));
      transaction.apply(receipt, 0);
    } finally {
      lock.unlock();
    }
  }

  private static InodeRecord changed(
      Transaction transaction, InodeRecord record, byte[] name, boolean set) {
    InodeRecord changed = record.changedAt(transaction.nowNanos());
    return Arrays.equals(name, CAPABILITY)
        ? changed.withFlag(InodeRecord.CAPABILITY, set)
        : changed;
  }

  /** A file that someone else changed loses the capabilities it was trusted with. */
  static InodeRecord withoutCapability(Transaction transaction, long node, InodeRecord record) {
    transaction.change().remove(key(node, CAPABILITY));
    return record.withFlag(InodeRecord.CAPABILITY, false);
  }

  private static byte[] key(long node, byte[] name) {
    return TreeFormat.key(TreeFormat.EXTENDED_ATTRIBUTE, node, name);
  }

  private static void checkName(byte[] name) throws ErrnoException {
    if (name.length > NAME_MAX_BYTES) {
      throw new ErrnoException(Errno.ERANGE);
    }
    for (byte[] namespace : NAMESPACES) {
      if (startsWith(name, namespace)) {
        if (name.length == namespace.length) {
          throw new ErrnoException(Errno.EINVAL);
        }
        return;
      }
    }
    throw new ErrnoException(Errno.EOPNOTSUPP);
  }

  private static boolean startsWith(byte[] name, byte[] prefix) {
    return name.length >= prefix.length
        && Arrays.equals(name, 0, prefix.length, prefix, 0, prefix.length);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
