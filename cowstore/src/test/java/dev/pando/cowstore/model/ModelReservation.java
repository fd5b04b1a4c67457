package dev.pando.cowstore.model;

import java.util.NavigableSet;
import java.util.SortedMap;
import java.util.TreeSet;

/** The blocks of a file that are reserved and not written, by index. Not thread-safe. */
final class ModelReservation {
  private final NavigableSet<Long> surely = new TreeSet<>();
  private final NavigableSet<Long> perhaps = new TreeSet<>();

  /** Those that were reserved at any time since all was committed: a power loss may show them. */
  private final NavigableSet<Long> sinceCommit = new TreeSet<>();

  void add(long index) {
    surely.add(index);
    perhaps.add(index);
    sinceCommit.add(index);
  }

  void remove(long from, long to) {
    if (from < to) {
      surely.subSet(from, to).clear();
      perhaps.subSet(from, to).clear();
    }
  }

  void clear() {
    surely.clear();
    perhaps.clear();
  }

  /** It may be gone. */
  void doubt() {
    surely.clear();
  }

  /** All is durable as it is. */
  void committed() {
    sinceCommit.clear();
    sinceCommit.addAll(perhaps);
  }

  /**
   * Takes over what a power loss may have left.
   *
   * @param synced whether nothing that was done to the file can be lost
   */
  void settle(boolean synced) {
    perhaps.addAll(sinceCommit);
    if (!synced) {
      surely.clear();
    }
  }

  boolean isEmpty() {
    return perhaps.isEmpty();
  }

  long surelyBlocks() {
    return surely.size();
  }

  /** How many blocks may be reserved, beside those that may be mapped otherwise. */
  long perhapsBlocks(SortedMap<Long, ModelBlock> blocks) {
    return perhaps.stream()
        .filter(index -> !blocks.containsKey(index) || !blocks.get(index).mapped())
        .count();
  }
}
