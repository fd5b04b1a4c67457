package dev.pando.daemon.fuse.jnr;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Names that only libfuse knows. It addresses everything by path, so before a file that is open
 * loses its name, libfuse renames it to {@code .fuse_hidden...}, and removes that at the last
 * close. In the tree the file has no name then, as it should: this is where the path still leads to
 * it. A name is forgotten at the latest when its file is closed. Thread-safe.
 */
final class HiddenNames {
  private final Map<Name, Long> nodes = new ConcurrentHashMap<>();

  /** How often each file is open. */
  private final Map<Long, Integer> opens = new ConcurrentHashMap<>();

  /** Compared by content. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Name(long parent, byte[] bytes) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Name name
          && parent == name.parent
          && Arrays.equals(bytes, name.bytes);
    }

    @Override
    public int hashCode() {
      return 31 * Long.hashCode(parent) + Arrays.hashCode(bytes);
    }
  }

  /** From now on this name means {@code node}. */
  void add(long parent, byte[] name, long node) {
    nodes.put(new Name(parent, name), node);
  }

  /** The node that this name means, or 0: it is none of these. */
  long find(long parent, byte[] name) {
    return nodes.isEmpty() ? 0 : nodes.getOrDefault(new Name(parent, name), 0L);
  }

  void remove(long parent, byte[] name) {
    nodes.remove(new Name(parent, name));
  }

  void opened(long node) {
    opens.merge(node, 1, Integer::sum);
  }

  void closed(long node) {
    Integer left = opens.computeIfPresent(node, (key, count) -> count == 1 ? null : count - 1);
    if (left == null && !nodes.isEmpty()) {
      nodes.values().removeIf(hidden -> hidden == node);
    }
  }
}
