package dev.pando.daemon.tree;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Lock;

/** Reading of directories in the order of cookies. Thread-safe. */
final class DirectoryReading {
  /** Cookies of the two entries every directory has; all others are greater. */
  private static final long DOT = 1;

  private static final long DOT_DOT = 2;

  /** About as many as fit into a page of the kernel's. */
  private static final int BATCH_ENTRIES = 64;

  private final TreeState state;

  DirectoryReading(TreeState state) {
    this.state = state;
  }

  void read(long node, long cookie, boolean withAttributes, FileSystem.DirectorySink sink)
      throws ErrnoException {
    if (cookie < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    Lock lock = state.readLock();
    lock.lock();
    try {
      InodeRecord directory = state.inodes().get(node).record();
      Checks.directory(directory);
      if (cookie < DOT && !sink.entry(DOT, node, Mode.DIRECTORY, new byte[] {'.'}, null)) {
        return;
      }
      if (cookie < DOT_DOT
          && !sink.entry(
              DOT_DOT, directory.parent(), Mode.DIRECTORY, new byte[] {'.', '.'}, null)) {
        return;
      }
      readEntries(node, Math.max(cookie, DOT_DOT), withAttributes, sink);
    } finally {
      lock.unlock();
    }
  }

  private void readEntries(
      long node, long afterCookie, boolean withAttributes, FileSystem.DirectorySink sink)
      throws ErrnoException {
    Attributes attributes = withAttributes ? new Attributes() : null;
    long after = afterCookie;
    List<NamedEntry> batch = batch(node, after);
    while (!batch.isEmpty()) {
      for (NamedEntry named : batch) {
        Dentry entry = named.entry();
        if (withAttributes) {
          state.inodes().named(entry.child()).fill(attributes);
        }
        if (!sink.entry(entry.cookie(), entry.child(), entry.type(), named.name(), attributes)) {
          return;
        }
        after = entry.cookie();
      }
      batch = batch(node, after);
    }
  }

  /** The next entries: read before inodes are, so that no scan is open over another read. */
  private List<NamedEntry> batch(long node, long afterCookie) throws ErrnoException {
    List<NamedEntry> batch = new ArrayList<>();
    state
        .records()
        .scan(
            TreeFormat.cookieKey(node, afterCookie + 1),
            TreeFormat.endKey(TreeFormat.ENTRY_BY_COOKIE, node),
            (key, value) -> {
              Dentry entry = TreeFormat.decodeForReading(key, value);
              batch.add(new NamedEntry(entry, TreeFormat.nameForReading(value)));
              return batch.size() < BATCH_ENTRIES;
            });
    return batch;
  }

  @SuppressWarnings("ArrayRecordComponent") // lives for one call
  private record NamedEntry(Dentry entry, byte[] name) {}
}
