package dev.pando.daemon.tree;

import java.util.List;

/**
 * Whoever caches names and attributes above the tree: told of changes that did not come from there.
 * Called by the thread that made the change, which holds no lock then.
 */
public interface Invalidations {
  /** Nobody caches anything. */
  Invalidations NONE =
      new Invalidations() {
        @Override
        public void entry(long parent, byte[] name) {}

        @Override
        public void inode(long node) {}
      };

  /**
   * Takes note, where it outlives this process, of what is about to be told: called before the
   * change is made, under locks, so it waits for nothing.
   *
   * @return to be run after all of it was told, or was not because the change was refused
   */
  default Runnable owe(List<Notice> notices) {
    return () -> {};
  }

  /** Tells of one thing, as {@link #entry} or {@link #inode} do. */
  default void tell(Notice notice) {
    if (notice.name() == null) {
      inode(notice.node());
    } else {
      entry(notice.node(), notice.name());
    }
  }

  /** {@code name} in {@code parent} came, went or means another inode now. */
  void entry(long parent, byte[] name);

  /**
   * The attributes, data or entries of {@code node} changed; cached dirty pages are written. On
   * return everything told before has been heard, too.
   */
  void inode(long node);
}
