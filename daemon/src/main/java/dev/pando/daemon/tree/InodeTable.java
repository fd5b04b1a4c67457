package dev.pando.daemon.tree;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import java.io.UncheckedIOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The live inodes: one {@link Inode} for each number as long as anyone holds it, and the most used
 * ones kept. Thread-safe.
 */
final class InodeTable {
  private static final Logger LOG = LoggerFactory.getLogger(InodeTable.class);

  /** How many inodes are kept though nobody holds them. */
  private static final int KEPT_INODES = 8192;

  /** How many directories are known after their end. */
  private static final int REMOVED_DIRECTORIES = 1024;

  private final CowStore store;

  /** Every inode that is held anywhere: what makes one live instance of each. */
  private final Cache<Long, Inode> live = Caffeine.newBuilder().weakValues().build();

  /** The recently used ones, held strongly. */
  private final Cache<Long, Inode> kept =
      Caffeine.newBuilder().maximumSize(KEPT_INODES).executor(Runnable::run).build();

  /** The directories that commands removed last: somebody may be in one. */
  private final Cache<Long, Inode> removedDirectories =
      Caffeine.newBuilder().maximumSize(REMOVED_DIRECTORIES).executor(Runnable::run).build();

  InodeTable(CowStore store) {
    this.store = store;
  }

  /** The inode of this number; ESTALE if there is none. */
  Inode get(long number) throws ErrnoException {
    Long key = number;
    Inode inode = kept.getIfPresent(key);
    if (inode == null) {
      inode = loaded(key);
      if (inode == null) {
        throw new ErrnoException(Errno.ESTALE);
      }
      kept.put(key, inode);
    }
    if (inode.isGone()) {
      throw new ErrnoException(Errno.ESTALE);
    }
    return inode;
  }

  /**
   * The inode that an entry names; under the tree's lock, where an entry always has one.
   *
   * @throws ErrnoException EIO if there is none: its record is lost
   */
  Inode named(long number) throws ErrnoException {
    try {
      return get(number);
    } catch (ErrnoException e) {
      if (e.errno() != Errno.ESTALE) {
        throw e;
      }
      LOG.error("inode {} has a name, and no record: the catalog is damaged", number);
      throw new ErrnoException(Errno.EIO);
    }
  }

  private Inode loaded(Long key) throws ErrnoException {
    try {
      return live.get(key, this::load);
    } catch (UncheckedIOException e) {
      if (e.getCause() instanceof StoreException failure) {
        throw StoreErrors.translate(failure);
      }
      throw e;
    }
  }

  private Inode load(Long number) {
    try {
      byte[] value = store.record(TreeFormat.key(TreeFormat.INODE, number));
      if (value == null) {
        return null;
      }
      InodeRecord record = TreeFormat.decodeInode(value);
      CowFile file = record.isRegular() ? fileOf(number) : null;
      return record.isRegular() && file == null ? null : new Inode(number, record, file);
    } catch (StoreException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The data of an inode that was there just now; null if both are gone. */
  private CowFile fileOf(Long number) throws StoreException {
    try {
      return store.file(number);
    } catch (StoreException e) {
      if (e.reason() == StoreException.Reason.NO_SUCH_FILE
          && store.record(TreeFormat.key(TreeFormat.INODE, number)) == null) {
        return null; // removed between the two looks
      }
      throw e.reason() == StoreException.Reason.NO_SUCH_FILE
          ? new StoreException(
              StoreException.Reason.IO,
              "the catalog is damaged: inode " + number + " has no data",
              e)
          : e;
    }
  }

  /** The inode of this number, or the directory that it was; ESTALE if there is neither. */
  Inode getOrRemoved(long number) throws ErrnoException {
    try {
      return get(number);
    } catch (ErrnoException e) {
      Inode removed = removedDirectories.getIfPresent(number);
      if (removed == null) {
        throw e;
      }
      return removed;
    }
  }

  /** Forgets an inode that is gone from the store. */
  void forget(Inode gone) {
    Long number = gone.number();
    if (gone.isRemovedDirectory()) {
      removedDirectories.put(number, gone);
    }
    live.invalidate(number);
    kept.invalidate(number);
  }
}
