package dev.pando.daemon.tree;

import java.nio.charset.StandardCharsets;

/** One entry of a directory, with what it means. */
public final class TreeEntry {
  private final byte[] name;
  private final TreeNode node;

  TreeEntry(byte[] name, TreeNode node) {
    this.name = name;
    this.node = node;
  }

  /** The name's bytes; the caller's own copy. */
  public byte[] nameBytes() {
    return name.clone();
  }

  /** The name as text; bytes that are not UTF-8 are replaced, so it may not lead back here. */
  public String name() {
    return new String(name, StandardCharsets.UTF_8);
  }

  public TreeNode node() {
    return node;
  }
}
