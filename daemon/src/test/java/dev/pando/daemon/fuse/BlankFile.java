package dev.pando.daemon.fuse;

import dev.pando.daemon.tree.Completion;
import dev.pando.daemon.tree.OpenFile;

/** A file that takes everything, keeps nothing and is always empty. */
public class BlankFile implements OpenFile {
  private final long node;

  public BlankFile(long node) {
    this.node = node;
  }

  @Override
  public long node() {
    return node;
  }

  @Override
  public boolean isDirect() {
    return true;
  }

  @Override
  public int read(long offset, long address, int length) {
    return 0;
  }

  @Override
  public int write(long offset, long address, int length) {
    return length;
  }

  @Override
  public void sync(boolean dataOnly, Completion done) {
    done.completed(0);
  }

  @Override
  public void allocate(int mode, long offset, long length) {}

  @Override
  public long seek(long offset, int whence) {
    return offset;
  }

  @Override
  public long copyRange(long offset, OpenFile target, long targetOffset, long length) {
    return length;
  }

  @Override
  public void release() {}
}
