package dev.pando.daemon.fuse;

import dev.pando.daemon.tree.AttributeChange;
import dev.pando.daemon.tree.Attributes;
import dev.pando.daemon.tree.Caller;
import dev.pando.daemon.tree.Completion;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import dev.pando.daemon.tree.FileSystemStatistics;
import dev.pando.daemon.tree.OpenFile;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A whole file system in memory, plain and slow, as the other end of transport tests. One lock
 * keeps it right. What a test wants to see or hold up happens in {@link MemoryFile} by its {@link
 * Probe}.
 */
public final class MemoryFileSystem implements FileSystem {
  private static final int TYPE_MASK = 0170000;
  private static final int DIRECTORY = 0040000;
  private static final int SYMLINK = 0120000;
  private static final int REGULAR = 0100000;
  private static final int O_EXCL = 0200;
  private static final int O_TRUNC = 01000;

  /** An inode. Under the file system's lock, as all that follows. */
  static final class Node {
    final Attributes attributes = new Attributes();
    final TreeMap<Long, Entry> entries = new TreeMap<>();
    final Map<String, Long> cookies = new HashMap<>();
    final Map<String, byte[]> xattrs = new TreeMap<>();
    byte[] data = new byte[0];
    long parent;
  }

  record Entry(String name, long node) {}

  private final Probe probe;
  private final boolean direct;
  private final Map<Long, Node> nodes = new HashMap<>();
  private final AtomicLong numbers = new AtomicLong(1);

  /**
   * @param direct whether the kernel keeps no pages of files
   */
  public MemoryFileSystem(boolean direct, Probe probe) {
    this.direct = direct;
    this.probe = probe;
    Node root = newNode(ROOT, DIRECTORY | 0755, new Caller(0, 0, 0, 0));
    root.parent = ROOT;
    root.attributes.linkCount = 2;
  }

  private Node newNode(long number, int mode, Caller caller) {
    Node node = new Node();
    node.attributes.node = number;
    node.attributes.mode = mode;
    node.attributes.userId = caller.userId();
    node.attributes.groupId = caller.groupId();
    Instant now = Instant.now();
    node.attributes.accessSeconds = now.getEpochSecond();
    node.attributes.birthSeconds = now.getEpochSecond();
    nodes.put(number, node);
    touch(node);
    return node;
  }

  static void touch(Node node) {
    Instant now = Instant.now();
    node.attributes.modifySeconds = now.getEpochSecond();
    node.attributes.modifyNanos = now.getNano();
    node.attributes.changeSeconds = now.getEpochSecond();
    node.attributes.changeNanos = now.getNano();
  }

  Node node(long number) throws ErrnoException {
    Node node = nodes.get(number);
    if (node == null) {
      throw new ErrnoException(Errno.ESTALE);
    }
    return node;
  }

  private static String text(byte[] name) {
    return new String(name, StandardCharsets.ISO_8859_1);
  }

  private static byte[] bytes(String name) {
    return name.getBytes(StandardCharsets.ISO_8859_1);
  }

  private Node child(long parent, byte[] name) throws ErrnoException {
    Node directory = node(parent);
    Long cookie = directory.cookies.get(text(name));
    if (cookie == null) {
      throw new ErrnoException(Errno.ENOENT);
    }
    return node(directory.entries.get(cookie).node());
  }

  private void enter(long parent, byte[] name, Node child) throws ErrnoException {
    Node directory = node(parent);
    if (name.length > FileSystemStatistics.NAME_MAX) {
      throw new ErrnoException(Errno.ENAMETOOLONG);
    }
    if (directory.cookies.containsKey(text(name))) {
      throw new ErrnoException(Errno.EEXIST);
    }
    // 1 and 2 are those of "." and ".."
    long cookie = numbers.incrementAndGet() + 2;
    directory.cookies.put(text(name), cookie);
    directory.entries.put(cookie, new Entry(text(name), child.attributes.node));
    child.parent = parent;
    touch(directory);
  }

  private void leave(long parent, byte[] name) throws ErrnoException {
    Node directory = node(parent);
    directory.entries.remove(directory.cookies.remove(text(name)));
    touch(directory);
  }

  private static boolean isDirectory(Node node) {
    return (node.attributes.mode & TYPE_MASK) == DIRECTORY;
  }

  static void copy(Attributes from, Attributes to) {
    to.node = from.node;
    to.sizeBytes = from.sizeBytes;
    to.sectors = from.sectors;
    to.mode = from.mode;
    to.linkCount = from.linkCount;
    to.userId = from.userId;
    to.groupId = from.groupId;
    to.device = from.device;
    to.accessSeconds = from.accessSeconds;
    to.accessNanos = from.accessNanos;
    to.modifySeconds = from.modifySeconds;
    to.modifyNanos = from.modifyNanos;
    to.changeSeconds = from.changeSeconds;
    to.changeNanos = from.changeNanos;
    to.birthSeconds = from.birthSeconds;
    to.birthNanos = from.birthNanos;
  }

  @Override
  public synchronized void lookup(long parent, byte[] name, Attributes out) throws ErrnoException {
    probe.count("lookup");
    copy(child(parent, name).attributes, out);
  }

  @Override
  public synchronized void attributes(long node, Attributes out) throws ErrnoException {
    probe.count("attributes");
    copy(node(node).attributes, out);
  }

  @Override
  public synchronized void setAttributes(long number, AttributeChange change, Attributes out)
      throws ErrnoException {
    probe.count("setAttributes");
    Node node = node(number);
    Attributes attributes = node.attributes;
    if (change.has(AttributeChange.MODE)) {
      attributes.mode = (attributes.mode & TYPE_MASK) | (change.mode & 07777);
    }
    if (change.has(AttributeChange.UID)) {
      attributes.userId = change.userId;
    }
    if (change.has(AttributeChange.GID)) {
      attributes.groupId = change.groupId;
    }
    if (change.has(AttributeChange.SIZE)) {
      resize(node, change.sizeBytes);
    }
    if (change.has(AttributeChange.KILL_SUIDGID)) {
      attributes.mode &= (attributes.mode & 010) != 0 ? ~06000 : ~04000;
    }
    if (change.has(AttributeChange.KILL_SUIDGID | AttributeChange.KILL_CAPABILITY)) {
      node.xattrs.remove("security.capability");
    }
    if (change.has(AttributeChange.MTIME)) {
      attributes.modifySeconds = change.modifySeconds;
      attributes.modifyNanos = change.modifyNanos;
    }
    if (change.has(AttributeChange.ATIME)) {
      attributes.accessSeconds = change.accessSeconds;
      attributes.accessNanos = change.accessNanos;
    }
    Instant now = Instant.now();
    if (change.has(AttributeChange.MTIME_NOW)) {
      attributes.modifySeconds = now.getEpochSecond();
      attributes.modifyNanos = now.getNano();
    }
    if (change.has(AttributeChange.ATIME_NOW)) {
      attributes.accessSeconds = now.getEpochSecond();
      attributes.accessNanos = now.getNano();
    }
    copy(attributes, out);
  }

  static void resize(Node node, long sizeBytes) {
    node.data = Arrays.copyOf(node.data, Math.toIntExact(sizeBytes));
    node.attributes.sizeBytes = sizeBytes;
    node.attributes.sectors = (sizeBytes + 4095) / 4096 * 8;
    touch(node);
  }

  @Override
  public synchronized byte[] readLink(long node) throws ErrnoException {
    return node(node).data;
  }

  private Node make(long parent, byte[] name, int mode, Caller caller, Attributes out)
      throws ErrnoException {
    Node made = newNode(numbers.incrementAndGet(), mode, caller);
    enter(parent, name, made);
    made.attributes.linkCount = 1;
    copy(made.attributes, out);
    return made;
  }

  @Override
  public synchronized void makeNode(
      long parent, byte[] name, int mode, int device, Caller caller, Attributes out)
      throws ErrnoException {
    make(parent, name, mode, caller, out).attributes.device = device;
    out.device = device;
  }

  @Override
  public synchronized void makeDirectory(
      long parent, byte[] name, int mode, Caller caller, Attributes out) throws ErrnoException {
    make(parent, name, (mode & 07777) | DIRECTORY, caller, out).attributes.linkCount = 2;
    node(parent).attributes.linkCount++;
    out.linkCount = 2;
  }

  @Override
  public synchronized void makeSymlink(
      long parent, byte[] name, byte[] target, Caller caller, Attributes out)
      throws ErrnoException {
    Node made = make(parent, name, SYMLINK | 0777, caller, out);
    made.data = target;
    made.attributes.sizeBytes = target.length;
    out.sizeBytes = target.length;
  }

  @Override
  public synchronized void link(long node, long newParent, byte[] newName, Attributes out)
      throws ErrnoException {
    Node linked = node(node);
    enter(newParent, newName, linked);
    linked.attributes.linkCount++;
    copy(linked.attributes, out);
  }

  @Override
  public synchronized void unlink(long parent, byte[] name) throws ErrnoException {
    Node child = child(parent, name);
    if (isDirectory(child)) {
      throw new ErrnoException(Errno.EISDIR);
    }
    leave(parent, name);
    child.attributes.linkCount--;
  }

  @Override
  public synchronized void removeDirectory(long parent, byte[] name) throws ErrnoException {
    Node child = child(parent, name);
    if (!isDirectory(child)) {
      throw new ErrnoException(Errno.ENOTDIR);
    }
    if (!child.entries.isEmpty()) {
      throw new ErrnoException(Errno.ENOTEMPTY);
    }
    leave(parent, name);
    node(parent).attributes.linkCount--;
  }

  @Override
  public synchronized void rename(
      long parent, byte[] name, long newParent, byte[] newName, int flags) throws ErrnoException {
    Node moved = child(parent, name);
    boolean exists = node(newParent).cookies.containsKey(text(newName));
    switch (flags) {
      case 0 -> {
        if (exists) {
          unlink(newParent, newName);
        }
        leave(parent, name);
        enter(newParent, newName, moved);
      }
      case RENAME_NOREPLACE -> {
        if (exists) {
          throw new ErrnoException(Errno.EEXIST);
        }
        leave(parent, name);
        enter(newParent, newName, moved);
      }
      case RENAME_EXCHANGE -> {
        Node other = child(newParent, newName);
        leave(parent, name);
        leave(newParent, newName);
        enter(newParent, newName, moved);
        enter(parent, name, other);
      }
      default -> throw new ErrnoException(Errno.EINVAL);
    }
  }

  @Override
  public synchronized OpenFile open(long node, int flags, Caller caller) throws ErrnoException {
    probe.count("open");
    Node opened = node(node);
    if ((flags & O_TRUNC) != 0) {
      resize(opened, 0);
    }
    return new MemoryFile(this, opened, direct, probe);
  }

  @Override
  public synchronized OpenFile create(
      long parent, byte[] name, int mode, int flags, Caller caller, Attributes out)
      throws ErrnoException {
    if ((flags & O_EXCL) == 0 && node(parent).cookies.containsKey(text(name))) {
      copy(child(parent, name).attributes, out);
      return open(out.node, flags, caller);
    }
    Node made = make(parent, name, (mode & 07777) | REGULAR, caller, out);
    return new MemoryFile(this, made, direct, probe);
  }

  @Override
  public synchronized OpenFile createUnnamed(
      long parent, int mode, int flags, Caller caller, Attributes out) {
    Node made = newNode(numbers.incrementAndGet(), (mode & 07777) | REGULAR, caller);
    copy(made.attributes, out);
    return new MemoryFile(this, made, direct, probe);
  }

  @Override
  public synchronized void readDirectory(
      long number, long cookie, boolean withAttributes, DirectorySink sink) throws ErrnoException {
    probe.count(withAttributes ? "readdirplus" : "readdir");
    Node directory = node(number);
    if (cookie < 1 && !sink.entry(1, number, DIRECTORY, bytes("."), null)) {
      return;
    }
    if (cookie < 2 && !sink.entry(2, directory.parent, DIRECTORY, bytes(".."), null)) {
      return;
    }
    for (Map.Entry<Long, Entry> entry :
        directory.entries.tailMap(Math.max(cookie, 2), false).entrySet()) {
      Attributes attributes = node(entry.getValue().node()).attributes;
      boolean taken =
          sink.entry(
              entry.getKey(),
              attributes.node,
              attributes.mode,
              bytes(entry.getValue().name()),
              withAttributes ? attributes : null);
      if (!taken) {
        return;
      }
    }
  }

  @Override
  public void syncDirectory(long node, Completion done) {
    probe.sync("syncDirectory", done);
  }

  @Override
  public void statistics(long node, FileSystemStatistics out) {
    out.totalBlocks = 1000;
    out.freeBlocks = 600;
    out.availableBlocks = 500;
    out.totalFiles = 100;
    out.freeFiles = 90;
  }

  @Override
  public synchronized byte[] extendedAttribute(long node, byte[] name) throws ErrnoException {
    byte[] value = node(node).xattrs.get(text(name));
    if (value == null) {
      throw new ErrnoException(Errno.ENODATA);
    }
    return value;
  }

  @Override
  public synchronized byte[] extendedAttributeNames(long node) throws ErrnoException {
    StringBuilder names = new StringBuilder();
    for (String name : node(node).xattrs.keySet()) {
      names.append(name).append('\0');
    }
    return bytes(names.toString());
  }

  @Override
  public synchronized void setExtendedAttribute(long node, byte[] name, byte[] value, int flags)
      throws ErrnoException {
    node(node).xattrs.put(text(name), value);
  }

  @Override
  public synchronized void removeExtendedAttribute(long node, byte[] name) throws ErrnoException {
    if (node(node).xattrs.remove(text(name)) == null) {
      throw new ErrnoException(Errno.ENODATA);
    }
  }

  /** Renames behind the kernel's back, as a VM operation does. */
  public synchronized void renameUnseen(String name, String newName) throws ErrnoException {
    rename(ROOT, bytes(name), ROOT, bytes(newName), 0);
  }

  /** The number of the file with this name in the root. */
  public synchronized long numberOf(String name) throws ErrnoException {
    return child(ROOT, bytes(name)).attributes.node;
  }

  /** What a file in the root holds, as the file system has it. */
  public synchronized byte[] contentOf(String name) throws ErrnoException {
    return child(ROOT, bytes(name)).data.clone();
  }

  /** Changes a file in the root behind the kernel's back. */
  public synchronized void setContentOf(String name, byte[] content) throws ErrnoException {
    Node node = child(ROOT, bytes(name));
    resize(node, content.length);
    System.arraycopy(content, 0, node.data, 0, content.length);
  }
}
