package dev.pando.daemon.fuse;

import dev.pando.daemon.tree.Notice;
import java.util.List;

/**
 * Tells the kernel what changed behind its back: what the daemon changed by itself and not at the
 * kernel's request. Notifications are sent in order by a thread of their own. They push back when
 * too many wait, and the kernel may ask for writes before it takes one, so none of these methods
 * may be called from within a request or with a lock held that a request needs. What the kernel
 * never knew is no error. After the mount's end they do nothing. Thread-safe.
 */
public interface Notifier {
  /**
   * Takes note, where it outlives this process, of what is about to be notified; waits for nothing
   * and may be called with any lock held.
   *
   * @return to be run when all of it was handed to this notifier
   */
  default Runnable owe(List<Notice> notices) {
    return () -> {};
  }

  /** {@code name} in {@code parent} may have come, gone or changed its meaning. */
  void invalidateEntry(long parent, byte[] name);

  /** The attributes, and the data or the entries, of {@code node} may have changed. */
  void invalidateInode(long node);

  /**
   * Makes the kernel hand over what it holds back of {@code node}'s data (pages dirtied through a
   * shared mapping) and forget the rest. On return all of it was written, and so was everything
   * notified before.
   */
  void writeBack(long node) throws InterruptedException;
}
