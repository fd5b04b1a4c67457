package dev.pando.daemon.tree;

/**
 * What the layers above see of an inode, at one instant.
 *
 * @param number the inode number
 * @param mode type and permission bits
 * @param linkCount names it has, as st_nlink
 * @param frozen whether it is part of a template
 * @param sizeBytes size of a regular file, length of a symbolic link's target, else 0
 * @param mappedBytes what of a regular file is not a hole, in whole blocks
 * @param privateBytes what of that only this file can reach, as far as its marks tell
 * @param modifyNanos when its data or entries last changed, nanoseconds since the epoch
 */
public record TreeNode(
    long number,
    int mode,
    int userId,
    int groupId,
    int linkCount,
    boolean frozen,
    long sizeBytes,
    long mappedBytes,
    long privateBytes,
    long modifyNanos) {

  static TreeNode of(Inode inode) throws ErrnoException {
    InodeRecord record = inode.foldedRecord();
    boolean regular = inode.file() != null;
    return new TreeNode(
        inode.number(),
        record.mode(),
        record.userId(),
        record.groupId(),
        record.linkCount(),
        record.isFrozen(),
        regular ? inode.file().sizeBytes() : record.isDirectory() ? 0 : record.text().length,
        regular ? inode.file().mappedBytes() : 0,
        regular ? inode.file().privateBytes() : 0,
        record.modifyNanos());
  }

  public boolean isRegular() {
    return Mode.isRegular(mode);
  }

  public boolean isDirectory() {
    return Mode.isDirectory(mode);
  }

  public boolean isSymlink() {
    return Mode.isSymlink(mode);
  }
}
