package dev.pando.daemon.tree;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * How the tree is laid out in the store's records; {@code daemon/TREE-FORMAT.md} is its
 * specification, and this class the only place that knows it. Numbers are big-endian, so that keys
 * sort as numbers do.
 */
final class TreeFormat {
  static final int VERSION = 2;

  static final byte SUPERBLOCK = 0x00;
  static final byte INODE = 0x01;
  static final byte ENTRY_BY_NAME = 0x02;
  static final byte ENTRY_BY_COOKIE = 0x03;
  static final byte EXTENDED_ATTRIBUTE = 0x04;
  static final byte ORPHAN = 0x05;
  static final byte ATTACHMENT = 0x06;
  static final byte KEPT = 0x07;

  /** Tables from here on belong to the layer above the tree. */
  static final byte FIRST_FOREIGN_TABLE = 0x40;

  /** A table's tag and a number. */
  static final int NUMBERED_KEY_BYTES = 9;

  private static final int INODE_HEADER_BYTES = 64;
  private static final int TYPE_SHIFT = 12;

  private TreeFormat() {}

  static byte[] superblockKey() {
    return new byte[] {SUPERBLOCK};
  }

  static byte[] superblock() {
    return ByteBuffer.allocate(Integer.BYTES).putInt(VERSION).array();
  }

  static int version(byte[] superblock) {
    return superblock.length == Integer.BYTES ? ByteBuffer.wrap(superblock).getInt() : -1;
  }

  /** The key of a record there is one of for each number. */
  static byte[] key(byte table, long number) {
    return ByteBuffer.allocate(NUMBERED_KEY_BYTES).put(table).putLong(number).array();
  }

  /** The key of a named record of an inode: an entry or an extended attribute. */
  static byte[] key(byte table, long inode, byte[] name) {
    return ByteBuffer.allocate(NUMBERED_KEY_BYTES + name.length)
        .put(table)
        .putLong(inode)
        .put(name)
        .array();
  }

  static byte[] cookieKey(long directory, long cookie) {
    return pairKey(ENTRY_BY_COOKIE, directory, cookie);
  }

  /** The key by which {@code owner} keeps a hidden directory. */
  static byte[] keptKey(long owner, long directory) {
    return pairKey(KEPT, owner, directory);
  }

  private static byte[] pairKey(byte table, long first, long second) {
    return ByteBuffer.allocate(NUMBERED_KEY_BYTES + Long.BYTES)
        .put(table)
        .putLong(first)
        .putLong(second)
        .array();
  }

  /** The key of one of the things the layer above attached to an inode. */
  static byte[] attachmentKey(long inode, byte part) {
    return key(ATTACHMENT, inode, new byte[] {part});
  }

  /** The first key after all of {@code inode}'s in a table. */
  static byte[] endKey(byte table, long inode) {
    return key(table, inode + 1);
  }

  /** The first key after a table's last. */
  static byte[] endKey(byte table) {
    return new byte[] {(byte) (table + 1)};
  }

  /** The number in a key that {@link #key(byte, long)} made, or the first one of a longer key. */
  static long number(byte[] key) {
    return ByteBuffer.wrap(key).getLong(1);
  }

  static long cookie(byte[] cookieKey) {
    return secondNumber(cookieKey);
  }

  /** The second number in a key of two. */
  static long secondNumber(byte[] key) {
    return ByteBuffer.wrap(key).getLong(NUMBERED_KEY_BYTES);
  }

  /** The name in a key that {@link #key(byte, long, byte[])} made. */
  static byte[] name(byte[] key) {
    return Arrays.copyOfRange(key, NUMBERED_KEY_BYTES, key.length);
  }

  static byte[] encode(InodeRecord inode) {
    return ByteBuffer.allocate(INODE_HEADER_BYTES + inode.text().length)
        .putInt(inode.flags())
        .putInt(inode.mode())
        .putInt(inode.userId())
        .putInt(inode.groupId())
        .putInt(inode.linkCount())
        .putInt(inode.device())
        .putLong(inode.accessNanos())
        .putLong(inode.modifyNanos())
        .putLong(inode.changeNanos())
        .putLong(inode.birthNanos())
        .putLong(inode.parent())
        .put(inode.text())
        .array();
  }

  static InodeRecord decodeInode(byte[] value) {
    ByteBuffer in = ByteBuffer.wrap(value);
    int flags = in.getInt();
    int mode = in.getInt();
    int userId = in.getInt();
    int groupId = in.getInt();
    int linkCount = in.getInt();
    int device = in.getInt();
    long accessNanos = in.getLong();
    long modifyNanos = in.getLong();
    long changeNanos = in.getLong();
    long birthNanos = in.getLong();
    long parent = in.getLong();
    byte[] text = Arrays.copyOfRange(value, INODE_HEADER_BYTES, value.length);
    return new InodeRecord(
        mode,
        userId,
        groupId,
        linkCount,
        device,
        accessNanos,
        modifyNanos,
        changeNanos,
        birthNanos,
        flags,
        parent,
        text);
  }

  /** The value of an entry by name. */
  static byte[] encode(Dentry entry) {
    return ByteBuffer.allocate(2 * Long.BYTES + 1)
        .putLong(entry.child())
        .putLong(entry.cookie())
        .put((byte) (entry.type() >> TYPE_SHIFT))
        .array();
  }

  static Dentry decodeEntry(byte[] value) {
    ByteBuffer in = ByteBuffer.wrap(value);
    long child = in.getLong();
    long cookie = in.getLong();
    return new Dentry(child, in.get() << TYPE_SHIFT, cookie);
  }

  /**
   * The value of an entry by cookie: what reading a directory needs, so that it reads one table.
   */
  static byte[] encodeForReading(Dentry entry, byte[] name) {
    return ByteBuffer.allocate(Long.BYTES + 1 + name.length)
        .putLong(entry.child())
        .put((byte) (entry.type() >> TYPE_SHIFT))
        .put(name)
        .array();
  }

  static Dentry decodeForReading(byte[] key, byte[] value) {
    ByteBuffer in = ByteBuffer.wrap(value);
    long child = in.getLong();
    return new Dentry(child, in.get() << TYPE_SHIFT, cookie(key));
  }

  /** The name in a value that {@link #encodeForReading} made. */
  static byte[] nameForReading(byte[] value) {
    return Arrays.copyOfRange(value, Long.BYTES + 1, value.length);
  }
}
