package dev.pando.daemon.tree;

import dev.pando.daemon.vmware.VmFiles;

/** Which inodes are those of disk images: see {@link InodeRecord#IMAGE}. */
final class ImageNames {
  private ImageNames() {}

  /** {@code record} as an inode that has (also) this name. */
  static InodeRecord named(InodeRecord record, byte[] name) {
    return record.isRegular() && VmFiles.isDiskImage(name)
        ? record.withFlag(InodeRecord.IMAGE, true)
        : record;
  }
}
