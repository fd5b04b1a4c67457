package dev.pando.daemon.tree;

import dev.pando.cowstore.CowFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/**
 * The tree as the layers above read it, beside the file system's door: by path, by directory, whole
 * small files. Each call sees one instant. Thread-safe; callable inside a {@link TreeEdit}, where
 * it shows what was there before the edit.
 */
public final class TreeView {
  private final TreeState state;
  private final OpenFiles files;

  TreeView(TreeState state, OpenFiles files) {
    this.state = state;
    this.files = files;
  }

  /** The entry {@code name} of a directory. */
  public Optional<TreeNode> lookup(long directory, byte[] name) throws ErrnoException {
    state.readLock().lock();
    try {
      Dentry entry = state.records().entry(directory, name);
      return entry == null ? Optional.empty() : Optional.of(named(entry.child()));
    } finally {
      state.readLock().unlock();
    }
  }

  /** An inode; ESTALE if there is none. */
  public TreeNode node(long number) throws ErrnoException {
    return TreeNode.of(state.inodes().get(number));
  }

  private TreeNode named(long number) throws ErrnoException {
    return TreeNode.of(state.inodes().named(number));
  }

  /** All entries of a directory in the order of their making, without {@code .} and {@code ..}. */
  public List<TreeEntry> entries(long directory) throws ErrnoException {
    List<TreeEntry> entries = new ArrayList<>();
    state.readLock().lock();
    try {
      Checks.directory(state.inodes().get(directory).record());
      List<byte[]> values = new ArrayList<>();
      state
          .records()
          .scan(
              TreeFormat.ENTRY_BY_COOKIE,
              directory,
              (key, value) -> {
                values.add(value);
                return true;
              });
      for (byte[] value : values) {
        byte[] name = TreeFormat.nameForReading(value);
        entries.add(new TreeEntry(name, named(ByteBuffer.wrap(value).getLong())));
      }
    } finally {
      state.readLock().unlock();
    }
    return entries;
  }

  /**
   * The path of a directory below the root, components joined by {@code /}; empty for the root.
   * Nothing if it is not, or no longer, below it.
   */
  public Optional<String> path(long directory) throws ErrnoException {
    return way(directory).map(way -> way.stream().map(Name::text).collect(Collectors.joining("/")));
  }

  /**
   * The directories from below the root down to this one, itself included; none if it is not, or no
   * longer, in the tree.
   */
  public List<Long> ancestors(long directory) throws ErrnoException {
    return way(directory).orElse(List.of()).stream().map(Name::node).toList();
  }

  /** The names that lead to a directory from the root; nothing if none do. */
  private Optional<List<Name>> way(long directory) throws ErrnoException {
    Deque<Name> way = new ArrayDeque<>();
    state.readLock().lock();
    try {
      long at = directory;
      while (at != FileSystem.ROOT) {
        InodeRecord record = state.inodes().get(at).record();
        if (!record.isDirectory() || record.parent() == 0 || record.linkCount() == 0) {
          return Optional.empty();
        }
        String text = new String(record.text(), StandardCharsets.UTF_8);
        way.push(new Name(at, record.parent(), text));
        at = record.parent();
      }
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ESTALE) {
        return Optional.empty();
      }
      throw e;
    } finally {
      state.readLock().unlock();
    }
    return Optional.of(List.copyOf(way));
  }

  /**
   * A name that an inode has.
   *
   * @param directory inode of the directory that has the entry
   */
  public record Name(long node, long directory, String text) {}

  /** The names of some inodes; looks at every entry of the tree, and at nothing else. */
  public List<Name> names(Set<Long> nodes) throws ErrnoException {
    List<Name> names = new ArrayList<>();
    state
        .records()
        .scan(
            new byte[] {TreeFormat.ENTRY_BY_NAME},
            TreeFormat.endKey(TreeFormat.ENTRY_BY_NAME),
            (key, value) -> {
              long node = TreeFormat.decodeEntry(value).child();
              if (nodes.contains(node)) {
                String text = new String(TreeFormat.name(key), StandardCharsets.UTF_8);
                names.add(new Name(node, TreeFormat.number(key), text));
              }
              return true;
            });
    return names;
  }

  /** The target of a symbolic link. */
  public byte[] target(long symlink) throws ErrnoException {
    return state.inodes().get(symlink).record().text().clone();
  }

  /** The whole content of a regular file; EFBIG if it is larger than {@code limitBytes}. */
  public byte[] content(long node, int limitBytes) throws ErrnoException {
    long sizeBytes = node(node).sizeBytes();
    if (sizeBytes > limitBytes) {
      throw new ErrnoException(Errno.EFBIG);
    }
    return read(node, 0, (int) sizeBytes);
  }

  /** Up to {@code length} bytes of a regular file, which is held open meanwhile. */
  public byte[] read(long node, long offset, int length) throws ErrnoException {
    if (length == 0) {
      return new byte[0];
    }
    OpenFile file = files.open(node, OpenFiles.NO_ACCESS_TIME, new Caller(0, 0, 0, 0));
    try {
      return read(file, offset, length);
    } finally {
      file.release();
    }
  }

  private static byte[] read(OpenFile file, long offset, int length) throws ErrnoException {
    Pointer memory = Memory.allocateDirect(Runtime.getSystemRuntime(), length);
    int done = 0;
    while (done < length) {
      int count = file.read(offset + done, memory.address() + done, length - done);
      if (count == 0) {
        break;
      }
      done += count;
    }
    byte[] content = new byte[done];
    memory.get(0, content, 0, done);
    return content;
  }

  /**
   * A directory in which a regular file has a name; nothing if it has none any more. Where it was
   * last given a name is looked at first. Only if it has lost that name and kept another, or was
   * last named before this was put on record, all names there are are looked at.
   */
  public Optional<Long> directoryOf(long file) throws ErrnoException {
    Inode inode = state.inodes().get(file);
    InodeRecord record = inode.record();
    if (!record.isRegular()) {
      throw new ErrnoException(Errno.EINVAL);
    }
    if (record.linkCount() == 0) {
      return Optional.empty();
    }
    long named = record.parent();
    long made = inode.file().group();
    if (named != 0 && hasEntry(named, file)) {
      return Optional.of(named);
    }
    if (made != named && hasEntry(made, file)) {
      return Optional.of(made);
    }
    return names(Set.of(file)).stream().findFirst().map(Name::directory);
  }

  private boolean hasEntry(long directory, long child) throws ErrnoException {
    AtomicBoolean found = new AtomicBoolean();
    state
        .records()
        .scan(
            TreeFormat.ENTRY_BY_COOKIE,
            directory,
            (key, value) -> {
              found.set(TreeFormat.decodeForReading(key, value).child() == child);
              return !found.get();
            });
    return found.get();
  }

  /** Who has a file open for writing, one for each open. */
  public List<Opener> writers(long node) throws ErrnoException {
    return state.inodes().get(node).writers();
  }

  /** Who has a disk image open for reading only, one for each open. */
  public List<Opener> readers(long image) throws ErrnoException {
    return state.inodes().get(image).readers().stream().map(Opener::of).toList();
  }

  /** Whether an inode is that of a disk image, which the kernel keeps no pages of. */
  public boolean isImage(long node) {
    try {
      return state.inodes().get(node).record().isImage();
    } catch (ErrnoException gone) {
      return false;
    }
  }

  /** The data of a regular file, for filling one that has no name yet. */
  public CowFile file(long node) throws ErrnoException {
    CowFile file = state.inodes().get(node).file();
    if (file == null) {
      throw new ErrnoException(Errno.EINVAL);
    }
    return file;
  }

  /** What the layer above attached to a directory as {@code part}. */
  public Optional<byte[]> attachment(long directory, byte part) throws ErrnoException {
    return record(TreeFormat.attachmentKey(directory, part));
  }

  /** What is attached as {@code part} to any directory, by the directory. */
  public Map<Long, byte[]> attachments(byte part) throws ErrnoException {
    Map<Long, byte[]> found = new LinkedHashMap<>();
    state
        .records()
        .scan(
            new byte[] {TreeFormat.ATTACHMENT},
            TreeFormat.endKey(TreeFormat.ATTACHMENT),
            (key, value) -> {
              if (TreeFormat.name(key)[0] == part) {
                found.put(TreeFormat.number(key), value);
              }
              return true;
            });
    return found;
  }

  /** The hidden directories that a directory keeps, with their labels: {@link TreeEdit#keep}. */
  public Map<Long, byte[]> kept(long owner) throws ErrnoException {
    return kept(TreeFormat.key(TreeFormat.KEPT, owner), TreeFormat.endKey(TreeFormat.KEPT, owner));
  }

  /** All hidden directories that are kept, with their labels. */
  public Map<Long, byte[]> kept() throws ErrnoException {
    return kept(new byte[] {TreeFormat.KEPT}, TreeFormat.endKey(TreeFormat.KEPT));
  }

  /** The owners of all hidden directories that are kept, by those. */
  public Map<Long, Long> keepers() throws ErrnoException {
    Map<Long, Long> owners = new LinkedHashMap<>();
    state
        .records()
        .scan(
            new byte[] {TreeFormat.KEPT},
            TreeFormat.endKey(TreeFormat.KEPT),
            (key, value) -> {
              owners.put(TreeFormat.secondNumber(key), TreeFormat.number(key));
              return true;
            });
    return owners;
  }

  private Map<Long, byte[]> kept(byte[] from, byte[] to) throws ErrnoException {
    Map<Long, byte[]> found = new LinkedHashMap<>();
    state
        .records()
        .scan(
            from,
            to,
            (key, value) -> {
              found.put(TreeFormat.secondNumber(key), value);
              return true;
            });
    return found;
  }

  /** A record of the layer above. */
  public Optional<byte[]> record(byte[] key) throws ErrnoException {
    return Optional.ofNullable(state.records().get(key));
  }
}
