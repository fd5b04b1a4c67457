package dev.pando.daemon.tree;

import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.Quota;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Changes of the tree by the layers above, made in one atomic step: see {@link PandoTree#edit}. It
 * goes past what binds the file system's callers: a frozen directory can be changed with it, which
 * is how templates are made and thawed. Used by the thread it was given to, inside the call only.
 */
public final class TreeEdit {
  private final TreeState state;
  private final Transaction transaction;
  private final List<Notice> notices = new ArrayList<>();

  /**
   * Directories made by this edit, or by steps before it: nobody can have cached what is, or is
   * not, in them.
   */
  private final Set<Long> made;

  TreeEdit(TreeState state, Transaction transaction) {
    this(state, transaction, new HashSet<>());
  }

  TreeEdit(TreeState state, Transaction transaction, Set<Long> made) {
    this.state = state;
    this.transaction = transaction;
    this.made = made;
  }

  /** The inode number at {@code name}, this edit's own changes included. */
  public Optional<Long> lookup(long directory, byte[] name) throws ErrnoException {
    Dentry entry = transaction.entry(directory, name);
    return entry == null ? Optional.empty() : Optional.of(entry.child());
  }

  /** Whether an inode is a directory, this edit's own changes included. */
  public boolean isDirectory(long node) throws ErrnoException {
    return transaction.record(node).isDirectory();
  }

  /** When this edit happens, nanoseconds since the epoch. */
  public long nowNanos() {
    return transaction.nowNanos();
  }

  /**
   * Makes a directory that is not in the tree; if it is not {@linkplain #link linked} before the
   * tree is next opened, it ends then with all that was put into it.
   */
  public long hiddenDirectory(int mode, int userId, int groupId) throws ErrnoException {
    long number = addDirectory(mode, userId, groupId);
    transaction.putOrphan(number);
    return number;
  }

  /** Makes a directory. */
  public long directory(long parent, byte[] name, int mode, int userId, int groupId)
      throws ErrnoException {
    long number = addDirectory(mode, userId, groupId);
    place(parent, name, number);
    return number;
  }

  /** Makes an empty regular file whose data will lie together with that of {@code group}. */
  public long file(long parent, byte[] name, int mode, int userId, int groupId, long group)
      throws ErrnoException {
    InodeRecord record =
        InodeRecord.made(
            Mode.REGULAR | (mode & Mode.PERMISSIONS), userId, groupId, transaction.nowNanos());
    long number = transaction.add(ImageNames.named(record, name), group);
    place(parent, name, number);
    return number;
  }

  /** Makes a symbolic link. */
  public long symlink(long parent, byte[] name, byte[] target, int userId, int groupId)
      throws ErrnoException {
    InodeRecord record =
        InodeRecord.made(Mode.SYMLINK | 0777, userId, groupId, transaction.nowNanos());
    long number = transaction.add(record.withText(0, target.clone()), 0);
    place(parent, name, number);
    return number;
  }

  /** What the copy of a regular file holds. */
  public enum Data {
    /** A fork of the source's data as of the instant of the edit. */
    FORKED,
    /** Nothing yet. */
    NONE
  }

  /**
   * Makes a copy of {@code source}, which is no directory, in {@code parent}: mode, owner, times of
   * access and modification and extended attributes are the source's. A frozen source gives a copy
   * that is not.
   */
  public long copy(long source, long parent, byte[] name, long group, Data data)
      throws ErrnoException {
    InodeRecord record = transaction.record(source);
    if (record.isDirectory()) {
      throw new ErrnoException(Errno.EISDIR);
    }
    InodeRecord copy =
        record
            .withFlag(InodeRecord.FROZEN, false)
            .withLinkCount(1)
            .withBirth(transaction.nowNanos())
            .changedAt(transaction.nowNanos());
    CowFile file = transaction.inode(source).file();
    long number =
        file != null && data == Data.FORKED
            ? transaction.addFork(file, ImageNames.named(copy, name), group)
            : transaction.add(file == null ? copy : ImageNames.named(copy, name), group);
    state
        .records()
        .scan(
            TreeFormat.EXTENDED_ATTRIBUTE,
            source,
            (key, value) -> {
              byte[] attribute = TreeFormat.name(key);
              transaction
                  .change()
                  .put(TreeFormat.key(TreeFormat.EXTENDED_ATTRIBUTE, number, attribute), value);
              return true;
            });
    place(parent, name, number);
    return number;
  }

  /**
   * Keeps a hidden directory out of the tree for as long as {@code owner} is there, a directory
   * too; when that ends, it ends with all that is in it.
   *
   * @param label what it is to the layer above: see {@link TreeView#kept}
   */
  public void keep(long owner, long hidden, byte[] label) {
    transaction.keep(owner, hidden, label);
  }

  /** Takes back {@link #keep}: after the edit the directory ends. */
  public void release(long owner, long hidden) {
    transaction.release(owner, hidden);
  }

  /** Puts a hidden directory into the tree. */
  public void link(long hidden, long parent, byte[] name) throws ErrnoException {
    transaction.removeOrphan(hidden);
    place(parent, name, hidden);
  }

  /**
   * Takes a directory out of the tree with all that is below it; {@link PandoTree#end} then frees
   * it. What is open in it lives until its last close.
   */
  public void detach(long directory) throws ErrnoException {
    InodeRecord record = transaction.record(directory);
    Checks.directory(record);
    byte[] name = record.text();
    Dentry entry = Checks.existing(transaction, record.parent(), name);
    transaction.removeEntry(record.parent(), name, entry);
    transaction.put(directory, record.withLinkCount(0));
    transaction.putOrphan(directory);
    entryChanged(record.parent(), name);
  }

  /** Gives a directory another place and name, a frozen one too; what is in it stays as it is. */
  public void move(long directory, long newParent, byte[] newName) throws ErrnoException {
    InodeRecord record = transaction.record(directory);
    Checks.directory(record);
    byte[] oldName = record.text();
    Dentry entry = Checks.existing(transaction, record.parent(), oldName);
    transaction.removeEntry(record.parent(), oldName, entry);
    entryChanged(record.parent(), oldName);
    place(newParent, newName, directory);
  }

  /**
   * Puts a file that was made in a hidden directory in the place of another, which loses this name.
   * What it holds is durable already.
   */
  public void replace(long parent, byte[] name, long hidden, byte[] hiddenName)
      throws ErrnoException {
    Dentry old = Checks.existing(transaction, parent, name);
    Dentry fresh = Checks.existing(transaction, hidden, hiddenName);
    transaction.removeEntry(parent, name, old);
    transaction.removeEntry(hidden, hiddenName, fresh);
    transaction.dropLink(old.child());
    place(parent, name, fresh.child());
  }

  /** Takes a file's name away; what is open of it lives until its last close. */
  public void unlink(long parent, byte[] name) throws ErrnoException {
    Dentry entry = Checks.existing(transaction, parent, name);
    if (isDirectory(entry.child())) {
      throw new ErrnoException(Errno.EISDIR);
    }
    transaction.removeEntry(parent, name, entry);
    transaction.dropLink(entry.child());
    entryChanged(parent, name);
  }

  /** Gives an inode another time of modification. */
  public void setModified(long node, long modifyNanos) throws ErrnoException {
    InodeRecord record = transaction.record(node);
    transaction.put(
        node,
        record
            .withTimes(record.accessNanos(), modifyNanos, record.changeNanos())
            .changedAt(transaction.nowNanos()));
  }

  /** From now on nothing of the inode changes: law 5. Its times stay as they are. */
  public void freeze(long node) throws ErrnoException {
    setFrozen(node, true);
  }

  /** Takes back {@link #freeze}. */
  public void thaw(long node) throws ErrnoException {
    setFrozen(node, false);
  }

  private void setFrozen(long node, boolean frozen) throws ErrnoException {
    InodeRecord record = transaction.record(node);
    transaction.put(node, record.withFlag(InodeRecord.FROZEN, frozen));
    CowFile file = transaction.inode(node).file();
    if (file != null && frozen) {
      transaction.change().freeze(file);
    } else if (file != null) {
      transaction.change().thaw(file);
    }
    notices.add(new Notice(node, null));
  }

  /**
   * Limits what the files below a directory may hold of their own, those made from now on and those
   * that {@link #count} names.
   *
   * @param limitBytes {@link Quota#NONE} for no limit
   */
  public void limit(long directory, long limitBytes) {
    transaction.change().limit(directory, limitBytes);
  }

  /** Has a regular file below a directory counted to its quota. */
  public void count(long node, long directory) throws ErrnoException {
    CowFile file = transaction.inode(node).file();
    if (file.quotaGroup() != directory) {
      transaction.change().count(file, directory);
    }
  }

  /**
   * Attaches a record to a directory, in place of the one there was; it ends with the directory.
   *
   * @param part which of the things that the layer above attaches
   */
  public void attach(long directory, byte part, byte[] value) {
    transaction.change().put(TreeFormat.attachmentKey(directory, part), value);
  }

  /** Takes back {@link #attach}. */
  public void detachRecord(long directory, byte part) {
    transaction.change().remove(TreeFormat.attachmentKey(directory, part));
  }

  /**
   * Puts a record of the layer above.
   *
   * @param key its first byte is 0x40 or more: the tables below are the tree's
   */
  public void putRecord(byte[] key, byte[] value) {
    if (key.length == 0 || key[0] < TreeFormat.FIRST_FOREIGN_TABLE) {
      throw new IllegalArgumentException("a key of the tree's own tables");
    }
    transaction.change().put(key, value);
  }

  private long addDirectory(int mode, int userId, int groupId) throws ErrnoException {
    int type = Mode.DIRECTORY | (mode & Mode.PERMISSIONS);
    InodeRecord record = InodeRecord.made(type, userId, groupId, transaction.nowNanos());
    long number = transaction.add(record, 0);
    made.add(number);
    return number;
  }

  private void place(long parent, byte[] name, long child) throws ErrnoException {
    Checks.name(name);
    Checks.directory(transaction.record(parent));
    Checks.absent(transaction, parent, name);
    transaction.addEntry(parent, name, child);
    entryChanged(parent, name);
  }

  private void entryChanged(long parent, byte[] name) {
    if (!made.contains(parent)) {
      notices.add(new Notice(parent, name));
      notices.add(new Notice(parent, null));
    }
  }

  /** What whoever caches the tree is to be told after the lock is given back. */
  List<Notice> notices() {
    return notices;
  }
}
