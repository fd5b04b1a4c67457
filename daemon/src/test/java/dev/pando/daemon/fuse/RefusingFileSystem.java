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

/** Has nothing and takes nothing: what small file systems for tests begin with. */
public abstract class RefusingFileSystem implements FileSystem {
  /** For subclasses. */
  protected RefusingFileSystem() {}

  @Override
  public void setAttributes(long node, AttributeChange change, Attributes out)
      throws ErrnoException {
    throw new ErrnoException(Errno.EROFS);
  }

  @Override
  public byte[] readLink(long node) throws ErrnoException {
    throw new ErrnoException(Errno.EINVAL);
  }

  @Override
  public void makeNode(
      long parent, byte[] name, int mode, int device, Caller caller, Attributes out)
      throws ErrnoException {
    throw new ErrnoException(Errno.EROFS);
  }

  @Override
  public void makeDirectory(long parent, byte[] name, int mode, Caller caller, Attributes out)
      throws ErrnoException {
    throw new ErrnoException(Errno.EROFS);
  }

  @Override
  public void makeSymlink(long parent, byte[] name, byte[] target, Caller caller, Attributes out)
      throws ErrnoException {
    throw new ErrnoException(Errno.EROFS);
  }

  @Override
  public void link(long node, long newParent, byte[] newName, Attributes out)
      throws ErrnoException {
    throw new ErrnoException(Errno.EROFS);
  }

  @Override
  public void unlink(long parent, byte[] name) throws ErrnoException {
    throw new ErrnoException(Errno.EROFS);
  }

  @Override
  public void removeDirectory(long parent, byte[] name) throws ErrnoException {
    throw new ErrnoException(Errno.EROFS);
  }

  @Override
  public void rename(long parent, byte[] name, long newParent, byte[] newName, int flags)
      throws ErrnoException {
    throw new ErrnoException(Errno.EROFS);
  }

  @Override
  public OpenFile open(long node, int flags, Caller caller) throws ErrnoException {
    throw new ErrnoException(Errno.EACCES);
  }

  @Override
  public OpenFile create(
      long parent, byte[] name, int mode, int flags, Caller caller, Attributes out)
      throws ErrnoException {
    throw new ErrnoException(Errno.EROFS);
  }

  @Override
  public OpenFile createUnnamed(long parent, int mode, int flags, Caller caller, Attributes out)
      throws ErrnoException {
    throw new ErrnoException(Errno.EROFS);
  }

  @Override
  public void syncDirectory(long node, Completion done) {
    done.completed(0);
  }

  @Override
  public void statistics(long node, FileSystemStatistics out) {
    out.totalBlocks = 1 << 20;
    out.freeBlocks = 1 << 19;
    out.availableBlocks = 1 << 19;
    out.totalFiles = 1000;
    out.freeFiles = 998;
  }

  @Override
  public byte[] extendedAttribute(long node, byte[] name) throws ErrnoException {
    throw new ErrnoException(Errno.ENODATA);
  }

  @Override
  public byte[] extendedAttributeNames(long node) throws ErrnoException {
    return new byte[0];
  }

  @Override
  public void setExtendedAttribute(long node, byte[] name, byte[] value, int flags)
      throws ErrnoException {
    throw new ErrnoException(Errno.EOPNOTSUPP);
  }

  @Override
  public void removeExtendedAttribute(long node, byte[] name) throws ErrnoException {
    throw new ErrnoException(Errno.ENODATA);
  }
}
