package dev.pando.daemon.tree;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a file system is, in the plainest way: for tests to compare a tree with. Each operation
 * returns the errno it ends with, 0 if it was done.
 */
final class TreeModel {
  /** An inode. */
  static final class Node {
    final int type;

    /** Of a directory, in the order of making. */
    final Map<String, Node> children = new LinkedHashMap<>();

    final Map<String, String> attributes = new TreeMap<>();
    String content = "";
    Node parent;
    int mode;
    int links;
    boolean frozen;

    Node(int type, int mode) {
      this.type = type;
      this.mode = mode;
      this.links = type == Mode.DIRECTORY ? 2 : 1;
    }

    boolean isDirectory() {
      return type == Mode.DIRECTORY;
    }
  }

  final Node root = new Node(Mode.DIRECTORY, 0755);

  TreeModel() {
    root.parent = root;
  }

  int make(Node directory, String name, Node made) {
    int errno = checkChangeable(directory);
    if (errno != 0) {
      return errno;
    }
    if (directory.children.containsKey(name)) {
      return Errno.EEXIST;
    }
    place(directory, name, made);
    return 0;
  }

  private static int checkChangeable(Node directory) {
    return directory.frozen ? Errno.EROFS : 0;
  }

  private static void place(Node directory, String name, Node node) {
    directory.children.put(name, node);
    if (node.isDirectory()) {
      node.parent = directory;
      directory.links++;
    }
  }

  private static Node take(Node directory, String name) {
    Node node = directory.children.remove(name);
    if (node.isDirectory()) {
      directory.links--;
    }
    return node;
  }

  int link(Node node, Node directory, String name) {
    if (node.isDirectory()) {
      return Errno.EPERM;
    }
    if (node.frozen || directory.frozen) {
      return Errno.EROFS;
    }
    if (directory.children.containsKey(name)) {
      return Errno.EEXIST;
    }
    node.links++;
    place(directory, name, node);
    return 0;
  }

  int remove(Node directory, String name, boolean asDirectory) {
    if (directory.frozen) {
      return Errno.EROFS;
    }
    Node node = directory.children.get(name);
    if (node == null) {
      return Errno.ENOENT;
    }
    if (node.frozen) {
      return Errno.EROFS;
    }
    if (asDirectory && !node.isDirectory()) {
      return Errno.ENOTDIR;
    }
    if (!asDirectory && node.isDirectory()) {
      return Errno.EISDIR;
    }
    if (!node.children.isEmpty()) {
      return Errno.ENOTEMPTY;
    }
    take(directory, name);
    node.links--;
    return 0;
  }

  int rename(Node directory, String name, Node newDirectory, String newName, int flags) {
    boolean exchange = flags == FileSystem.RENAME_EXCHANGE;
    if (directory.frozen || newDirectory.frozen) {
      return Errno.EROFS;
    }
    Node moved = directory.children.get(name);
    Node replaced = newDirectory.children.get(newName);
    if (moved == null) {
      return Errno.ENOENT;
    }
    if (flags == FileSystem.RENAME_NOREPLACE && replaced != null) {
      return Errno.EEXIST;
    }
    if (exchange && replaced == null) {
      return Errno.ENOENT;
    }
    if (moved == replaced) {
      return 0;
    }
    int errno = checkMove(moved, newDirectory);
    if (errno == 0 && exchange) {
      errno = checkMove(replaced, directory);
    } else if (errno == 0 && replaced != null) {
      errno = checkReplacement(moved, replaced);
    }
    if (errno != 0) {
      return errno;
    }
    take(directory, name);
    if (replaced != null) {
      take(newDirectory, newName);
      replaced.links -= exchange ? 0 : 1;
    }
    place(newDirectory, newName, moved);
    if (exchange) {
      place(directory, name, replaced);
    }
    return 0;
  }

  private int checkMove(Node moved, Node directory) {
    if (moved.frozen) {
      return Errno.EROFS;
    }
    for (Node at = directory; moved.isDirectory() && at != root; at = at.parent) {
      if (at == moved) {
        return Errno.EINVAL;
      }
    }
    return 0;
  }

  private static int checkReplacement(Node moved, Node replaced) {
    if (replaced.frozen) {
      return Errno.EROFS;
    }
    if (moved.isDirectory() != replaced.isDirectory()) {
      return moved.isDirectory() ? Errno.ENOTDIR : Errno.EISDIR;
    }
    return replaced.children.isEmpty() ? 0 : Errno.ENOTEMPTY;
  }

  int write(Node file, int offset, String text) {
    if (file.frozen) {
      return Errno.EROFS;
    }
    int end = offset + text.length();
    String padded = file.content + "\0".repeat(Math.max(0, end - file.content.length()));
    file.content = padded.substring(0, offset) + text + padded.substring(end);
    return 0;
  }

  int resize(Node file, int size) {
    if (file.frozen) {
      return Errno.EROFS;
    }
    String content = file.content;
    file.content =
        size < content.length()
            ? content.substring(0, size)
            : content + "\0".repeat(size - content.length());
    return 0;
  }

  int setMode(Node node, int mode) {
    if (node.frozen) {
      return Errno.EROFS;
    }
    node.mode = mode;
    return 0;
  }

  int setAttribute(Node node, String name, String value) {
    if (node.frozen) {
      return Errno.EROFS;
    }
    node.attributes.put(name, value);
    return 0;
  }

  int removeAttribute(Node node, String name) {
    if (node.frozen) {
      return Errno.EROFS;
    }
    return node.attributes.remove(name) == null ? Errno.ENODATA : 0;
  }
}
