package dev.pando.daemon.tree;

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

  /** {@code name} in {@code parent} came, went or means another inode now. */
  void entry(long parent, byte[] name);

  /** The attributes, data or entries of {@code node} changed; cached dirty pages are written. */
  void inode(long node);
}
