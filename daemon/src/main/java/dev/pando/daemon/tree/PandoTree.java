package dev.pando.daemon.tree;

import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.Quota;
import dev.pando.cowstore.StoreException;
import dev.pando.cowstore.StoreState;
import dev.pando.cowstore.StoreStats;
import dev.pando.daemon.host.HostUser;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file system of a store. All metadata lies in the store's records as {@link TreeFormat} says;
 * inode numbers are the store's file ids; each operation is one change of the store, so that it is
 * seen, journalled and recovered whole or not at all. Locks: {@link TreeState}. Thread-safe.
 */
public final class PandoTree implements FileSystem {
  private static final Logger LOG = LoggerFactory.getLogger(PandoTree.class);

  /** Numbers below are never given to inodes or entries: the root, {@code .} and {@code ..}. */
  private static final long FIRST_NUMBER = 16;

  private static final int ROOT_MODE = Mode.DIRECTORY | 0755;

  /** How many changes {@link #editInSteps} makes at once. */
  public static final int CHANGES_A_STEP = 64;

  /** About what an inode and its entry take: nothing but space limits how many there may be. */
  private static final long BYTES_AN_INODE = 512;

  private final TreeState state;
  private final Namespace namespace;
  private final Renaming renaming;
  private final DirectoryReading reading;
  private final AttributeSetting setting;
  private final ExtendedAttributes extended;
  private final Orphans orphans;
  private final AccessTimes accessTimes;
  private final OpenFiles files;
  private final TreeView view;
  private final Receipt receipt;
  private volatile Invalidations invalidations = Invalidations.NONE;

  /** What a daemon that is gone had begun to make or to end; until {@link #endAbandoned}. */
  private volatile List<Long> abandoned = List.of();

  private PandoTree(TreeState state) {
    this.state = state;
    this.receipt = Receipt.NONE;
    this.namespace = new Namespace(state, receipt);
    this.renaming = new Renaming(state, receipt);
    this.reading = new DirectoryReading(state);
    this.setting = new AttributeSetting(state);
    this.extended = new ExtendedAttributes(state, receipt);
    this.orphans = new Orphans(state);
    this.accessTimes = new AccessTimes(state);
    this.files = new OpenFiles(state, orphans, accessTimes);
    this.view = new TreeView(state, files);
  }

  /** The same tree with receipts. */
  private PandoTree(PandoTree tree, Receipt receipt) {
    this.state = tree.state;
    this.receipt = receipt;
    this.namespace = new Namespace(state, receipt);
    this.renaming = new Renaming(state, receipt);
    this.reading = tree.reading;
    this.setting = tree.setting;
    this.extended = new ExtendedAttributes(state, receipt);
    this.orphans = tree.orphans;
    this.accessTimes = tree.accessTimes;
    this.files = tree.files;
    this.view = tree.view;
  }

  /**
   * Opens the tree of a store for a fresh mount, and makes an empty one if there is none: nobody
   * has any file open, so what was unlinked and what was never linked ends here.
   *
   * @throws StoreException FORMAT if the tree is of a format this program does not know
   */
  public static PandoTree open(CowStore store) throws StoreException {
    PandoTree tree = openAgain(store);
    if (store.state() == StoreState.READY) {
      try {
        tree.orphans.endAll();
      } catch (ErrnoException e) {
        throw new StoreException(
            StoreException.Reason.IO, "unlinked files could not be freed: " + e.getMessage(), e);
      }
    }
    return tree;
  }

  /**
   * Opens the tree of a store for a mount that is there: what its users have open is to be {@link
   * #reopen}ed.
   *
   * @throws StoreException as {@link #open(CowStore)}
   */
  public static PandoTree openAgain(CowStore store) throws StoreException {
    byte[] superblock = store.record(TreeFormat.superblockKey());
    if (superblock == null) {
      format(store);
    } else if (TreeFormat.version(superblock) != TreeFormat.VERSION) {
      throw new StoreException(
          StoreException.Reason.FORMAT,
          "the store's tree has format version %d, this program knows version %d"
              .formatted(TreeFormat.version(superblock), TreeFormat.VERSION));
    }
    return new PandoTree(new TreeState(store));
  }

  private static void format(CowStore store) throws StoreException {
    long taken;
    do {
      taken = store.nextNumber(); // and never used
    } while (taken < FIRST_NUMBER);
    HostUser user = HostUser.current();
    InodeRecord root =
        InodeRecord.made(ROOT_MODE, user.uid(), user.gid(), Timestamps.now())
            .withText(ROOT, InodeRecord.NO_TEXT);
    store
        .change()
        .put(TreeFormat.superblockKey(), TreeFormat.superblock())
        .put(TreeFormat.key(TreeFormat.INODE, ROOT), TreeFormat.encode(root))
        .apply();
    store.commit();
  }

  // ---- for the layers above

  /** Who is told of changes that {@link #edit} makes; one at a time. */
  public void tell(Invalidations listener) {
    invalidations = listener;
  }

  /** Has cached dirty pages of {@code node} written, and what is cached of it forgotten. */
  public void invalidate(long node) {
    invalidations.inode(node);
  }

  /** Ends what a daemon that is gone had begun to make or to end; after {@link #tell}. */
  public void endAbandoned() {
    List<Long> ending = abandoned;
    abandoned = List.of();
    for (long directory : ending) {
      try {
        orphans.end(directory, invalidations);
      } catch (ErrnoException e) {
        LOG.warn("directory {} could not be freed: {}", directory, e.getMessage());
      }
    }
  }

  /** Who is asked when a disk image is opened for writing, from now on. */
  public void guard(OpenGuard guard) {
    files.guard(guard);
  }

  /** Makes durable what these files hold, and every change of the tree before the call. */
  public void sync(Collection<CowFile> files) throws StoreException {
    state.store().sync(files);
  }

  /** From now on opening and making files gets ENOTCONN; what is open goes on. */
  public void refuseOpens() {
    files.refuseOpens();
  }

  /** From now on reading moves no time of access. */
  public void leaveAccessTimes() {
    state.leaveAccessTimes();
  }

  /** The tree as the layers above read it. */
  public TreeView view() {
    return view;
  }

  /**
   * Makes the changes that {@code work} asks for in one step; if it throws, none. Nothing else
   * changes meanwhile but data of files, so it must be short and wait for nothing. Caches above are
   * told afterwards.
   */
  public <T, E extends Exception> T edit(EditWork<T, E> work) throws E, ErrnoException {
    return edit(work, new HashSet<>());
  }

  /**
   * Makes changes that need not be seen together, a few at a time, so that others go on in between:
   * those of what has no name yet. If one throws, those before it stay.
   *
   * @param changes in their order; what one of them makes nobody else knows of before the last is
   *     made
   */
  public <E extends Exception> void editInSteps(Iterator<? extends EditStep<E>> changes)
      throws E, ErrnoException {
    Set<Long> made = new HashSet<>();
    while (changes.hasNext()) {
      edit(
          edit -> {
            for (int i = 0; i < CHANGES_A_STEP && changes.hasNext(); i++) {
              changes.next().edit(edit);
            }
            return null;
          },
          made);
    }
  }

  private <T, E extends Exception> T edit(EditWork<T, E> work, Set<Long> made)
      throws E, ErrnoException {
    TreeEdit edit;
    T result;
    Runnable told;
    Lock lock = state.writeLock();
    lock.lock();
    try {
      Transaction transaction = state.begin();
      edit = new TreeEdit(state, transaction, made);
      result = work.edit(edit);
      told = transaction.applyOwing(edit.notices(), invalidations);
    } finally {
      lock.unlock();
    }
    edit.notices().forEach(invalidations::tell);
    told.run();
    orphans.endReleased(invalidations);
    return result;
  }

  /**
   * Attaches a record to a directory as {@link TreeEdit#attach} does, or takes it away. No name and
   * no inode changes by it, so nobody is told and nothing waited for: it may be done by a thread
   * that serves a request.
   *
   * @param value empty to take it away
   * @throws ErrnoException ESTALE if the directory is no more
   */
  public void attach(long directory, byte part, Optional<byte[]> value) throws ErrnoException {
    Lock lock = state.writeLock();
    lock.lock();
    try {
      Transaction transaction = state.begin();
      TreeEdit edit = new TreeEdit(state, transaction);
      if (value.isEmpty()) {
        edit.detachRecord(directory, part);
      } else {
        Checks.directory(transaction.record(directory));
        edit.attach(directory, part, value.get());
      }
      transaction.apply();
    } finally {
      lock.unlock();
    }
  }

  /** What is done in an {@link #edit}. */
  @FunctionalInterface
  public interface EditWork<T, E extends Exception> {
    T edit(TreeEdit edit) throws E, ErrnoException;
  }

  /** One change of {@link #editInSteps}. */
  @FunctionalInterface
  public interface EditStep<E extends Exception> {
    void edit(TreeEdit edit) throws E, ErrnoException;
  }

  /** Ends a hidden directory that never had a name, in short steps. */
  public void endUnseen(long hidden) throws ErrnoException {
    orphans.endUnseen(hidden, invalidations);
  }

  /**
   * Ends a directory that was detached, in short steps. Caches above are told: somebody may have it
   * for his working directory.
   */
  public void end(long detached) throws ErrnoException {
    orphans.end(detached, invalidations);
  }

  // ---- the file system

  @Override
  public FileSystem receipted(Receipt wanted) {
    return new PandoTree(this, wanted);
  }

  @Override
  public void lookup(long parent, byte[] name, Attributes out) throws ErrnoException {
    namespace.lookup(parent, name, out);
  }

  @Override
  public void attributes(long node, Attributes out) throws ErrnoException {
    state.inodes().getOrRemoved(node).fill(out);
  }

  @Override
  public void setAttributes(long node, AttributeChange change, Attributes out)
      throws ErrnoException {
    setting.set(node, change, out);
  }

  @Override
  public byte[] readLink(long node) throws ErrnoException {
    InodeRecord record = state.inodes().get(node).record();
    if (!Mode.isSymlink(record.mode())) {
      throw new ErrnoException(Errno.EINVAL);
    }
    return record.text().clone();
  }

  @Override
  public void makeNode(
      long parent, byte[] name, int mode, int device, Caller caller, Attributes out)
      throws ErrnoException {
    namespace.makeNode(parent, name, mode, device, caller, out);
  }

  @Override
  public void makeDirectory(long parent, byte[] name, int mode, Caller caller, Attributes out)
      throws ErrnoException {
    namespace.makeDirectory(parent, name, mode, caller, out);
  }

  @Override
  public void makeSymlink(long parent, byte[] name, byte[] target, Caller caller, Attributes out)
      throws ErrnoException {
    namespace.makeSymlink(parent, name, target, caller, out);
  }

  @Override
  public void link(long node, long newParent, byte[] newName, Attributes out)
      throws ErrnoException {
    namespace.link(node, newParent, newName, out);
  }

  @Override
  public void unlink(long parent, byte[] name) throws ErrnoException {
    namespace.unlink(parent, name);
  }

  @Override
  public void removeDirectory(long parent, byte[] name) throws ErrnoException {
    namespace.removeDirectory(parent, name);
    orphans.endReleased(Invalidations.NONE);
  }

  @Override
  public void rename(long parent, byte[] name, long newParent, byte[] newName, int flags)
      throws ErrnoException {
    renaming.rename(parent, name, newParent, newName, flags);
    orphans.endReleased(Invalidations.NONE);
  }

  @Override
  public OpenFile open(long node, int flags, Caller caller) throws ErrnoException {
    return files.open(node, flags, caller);
  }

  @Override
  public OpenFile reopen(long node, int flags, int processId, boolean direct)
      throws ErrnoException {
    return files.reopen(node, flags, processId, direct);
  }

  @Override
  public void reopened() {
    if (state.store().state() != StoreState.READY) {
      return;
    }
    try {
      abandoned = orphans.rememberAll();
    } catch (ErrnoException e) {
      // the record brings it back at the next fresh mount
      LOG.warn("what had no name any more could not be freed: {}", e.getMessage());
    }
  }

  @Override
  public OpenFile create(
      long parent, byte[] name, int mode, int flags, Caller caller, Attributes out)
      throws ErrnoException {
    return files.create(parent, name, mode, flags, caller, out, receipt);
  }

  @Override
  public OpenFile createUnnamed(long parent, int mode, int flags, Caller caller, Attributes out)
      throws ErrnoException {
    return files.createUnnamed(parent, mode, flags, caller, out, receipt);
  }

  @Override
  public void readDirectory(long node, long cookie, boolean withAttributes, DirectorySink sink)
      throws ErrnoException {
    reading.read(node, cookie, withAttributes, sink);
  }

  @Override
  public void accessed(long node) {
    accessTimes.accessed(node);
  }

  @Override
  public void awaitForgets() {
    state.remembered().await();
  }

  @Override
  public void forget(long node) {
    try {
      orphans.forgotten(node);
    } catch (ErrnoException e) {
      // nobody takes an answer; the record brings it back when the tree is next opened
      LOG.warn("inode {} was not freed when it was forgotten: {}", node, e.getMessage());
    }
  }

  @Override
  public void syncDirectory(long node, Completion done) {
    state.store().sync(failure -> done.completed(StoreErrors.errnoOfSync(failure)));
  }

  @Override
  public void statistics(long node, FileSystemStatistics out) throws ErrnoException {
    StoreStats stats = state.store().stats();
    long available = stats.availableBytes();
    long total = stats.capacityBytes();
    Quota quota = quotaOf(node);
    if (quota.limitBytes() != Quota.NONE) {
      available = Math.min(available, quota.leftBytes());
      total = quota.usedBytes() + available;
    }
    out.totalBlocks = total / FileSystemStatistics.BLOCK_BYTES;
    out.availableBlocks = available / FileSystemStatistics.BLOCK_BYTES;
    out.freeBlocks = out.availableBlocks;
    out.freeFiles = stats.availableBytes() / BYTES_AN_INODE;
    out.totalFiles = out.freeFiles;
  }

  private Quota quotaOf(long node) throws ErrnoException {
    if (!state.store().hasQuotas()) {
      return new Quota(Quota.NONE, 0);
    }
    Lock lock = state.readLock();
    lock.lock();
    try {
      Inode inode = state.inodes().get(node);
      long directory =
          inode.file() != null
              ? inode.file().quotaGroup()
              : state.quotas().of(node, number -> state.inodes().get(number).record());
      return directory == 0 ? new Quota(Quota.NONE, 0) : state.store().quota(directory);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public byte[] extendedAttribute(long node, byte[] name) throws ErrnoException {
    return extended.get(node, name);
  }

  @Override
  public byte[] extendedAttributeNames(long node) throws ErrnoException {
    return extended.names(node);
  }

  @Override
  public void setExtendedAttribute(long node, byte[] name, byte[] value, int flags)
      throws ErrnoException {
    extended.set(node, name, value, flags);
  }

  @Override
  public void removeExtendedAttribute(long node, byte[] name) throws ErrnoException {
    extended.remove(node, name);
  }
}
