package dev.pando.daemon.tree;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Inodes without a name that the kernel still remembers, for instance as somebody's working
 * directory: they end when it forgets them, or when the tree is next opened. At most {@link #MOST};
 * those beyond end as if nobody held them. Thread-safe.
 */
final class RememberedNodes {
  static final int MOST = 1 << 16;

  private final Set<Long> nodes = ConcurrentHashMap.newKeySet();

  /** Whether the transport says when a node is forgotten; without that none is remembered. */
  private volatile boolean awaited;

  void await() {
    awaited = true;
  }

  /** The kernel knows {@code node}, which has no name now; returns whether it will be told of. */
  boolean add(long node) {
    if (!awaited || nodes.size() >= MOST) {
      return false;
    }
    nodes.add(node);
    return true;
  }

  /** Returns whether it was remembered. */
  boolean remove(long node) {
    return awaited && nodes.remove(node);
  }

  boolean contains(long node) {
    return nodes.contains(node);
  }
}
