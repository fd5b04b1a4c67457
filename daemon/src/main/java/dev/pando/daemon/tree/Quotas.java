package dev.pando.daemon.tree;

import dev.pando.cowstore.CowStore;

/**
 * Whose quota a file counts to: that of the nearest directory above it that has one, as with the
 * project quotas of other file systems. So nothing is renamed or linked out of a directory that has
 * a quota, or into one; mv(1) copies then.
 */
final class Quotas {
  private final CowStore store;

  Quotas(CowStore store) {
    this.store = store;
  }

  /** How an inode's record is found. */
  @FunctionalInterface
  interface Lookup {
    InodeRecord record(long number) throws ErrnoException;
  }

  /** The directory, {@code directory} or one above it, that has a quota; 0 if none has. */
  long of(long directory, Lookup lookup) throws ErrnoException {
    if (!store.hasQuotas()) {
      return 0;
    }
    long at = directory;
    while (at != 0 && at != FileSystem.ROOT && !store.isCounted(at)) {
      at = lookup.record(at).parent();
    }
    return at == FileSystem.ROOT ? 0 : at;
  }

  /** Throws EXDEV unless both directories count to the same quota, or to none. */
  void requireSame(long directory, long other, Lookup lookup) throws ErrnoException {
    if (of(directory, lookup) != of(other, lookup)) {
      throw new ErrnoException(Errno.EXDEV);
    }
  }
}
