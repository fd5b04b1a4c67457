package dev.pando.daemon;

import dev.pando.daemon.fuse.Notifier;
import dev.pando.daemon.tree.Invalidations;
import dev.pando.daemon.tree.Notice;
import java.util.List;

/** Keeps what the kernel has cached in step with what the daemon changes by itself. */
final class KernelCache implements Invalidations {
  private final Notifier notifier;

  KernelCache(Notifier notifier) {
    this.notifier = notifier;
  }

  @Override
  public Runnable owe(List<Notice> notices) {
    return notifier.owe(notices);
  }

  @Override
  public void entry(long parent, byte[] name) {
    notifier.invalidateEntry(parent, name);
  }

  @Override
  public void inode(long node) {
    try {
      notifier.writeBack(node);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
