package dev.pando.daemon.tree;

/**
 * What a directory says of one name.
 *
 * @param child inode number
 * @param type type bits of its mode
 * @param cookie the entry's persistent number: its place in the order of reading
 */
record Dentry(long child, int type, long cookie) {
  boolean isDirectory() {
    return type == Mode.DIRECTORY;
  }
}
