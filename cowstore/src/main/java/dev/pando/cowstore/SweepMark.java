package dev.pando.cowstore;

import dev.pando.cowstore.map.Entry;
import dev.pando.cowstore.map.MapPage;
import dev.pando.cowstore.segment.Block;
import dev.pando.cowstore.segment.BlockSet;
import dev.pando.cowstore.segment.Runs;

/**
 * What a mark knows of the blocks of some segments that are beyond their family: those that a
 * stored page refers to, as the sweeper's thread finds them, and those that something came to refer
 * to since it began, as the log says.
 */
final class SweepMark {
  /** Candidates in one record. */
  static final int MOST_BLOCKS = 4096;

  private final BeyondFamily beyond;
  private final int firstSegment;
  private final int endSegment;

  /** The sweeper's own. */
  private final BlockSet found = new BlockSet();

  /** Guarded by the log lock. */
  private final BlockSet touched = new BlockSet();

  SweepMark(BeyondFamily beyond, int firstSegment, int endSegment) {
    this.beyond = beyond;
    this.firstSegment = firstSegment;
    this.endSegment = endSegment;
  }

  private boolean covers(long address) {
    int segment = Block.segment(address);
    return segment >= firstSegment && segment < endSegment;
  }

  /** Notes what a stored leaf refers to. */
  void find(MapPage leaf) {
    note(leaf, found);
  }

  /** Notes what a new copy of a leaf refers to; under the log lock. */
  void touch(MapPage leaf) {
    note(leaf, touched);
  }

  private void note(MapPage leaf, BlockSet set) {
    for (int slot = 0; slot < MapPage.ENTRIES; slot++) {
      long address = Entry.address(leaf.entry(slot));
      if (address != 0 && beyond.contains(address) && covers(address)) {
        set.add(address, 1);
      }
    }
  }

  /** Notes blocks that something came to refer to; under the log lock. */
  void touch(long address, int count) {
    for (int i = 0; i < count; i++) {
      if (covers(address + i)) {
        touched.add(address + i, 1);
      }
    }
  }

  /** Whether no stored page was found to refer to a block. */
  boolean isUnfound(long address) {
    return !found.contains(address);
  }

  /** Those of some blocks that nothing came to refer to; under the log lock. */
  Runs untouched(Runs candidates) {
    Runs runs = new Runs();
    candidates.forEach(
        (address, count) -> {
          for (int i = 0; i < count; i++) {
            if (!touched.contains(address + i) && beyond.contains(address + i)) {
              runs.add(address + i, 1);
            }
          }
        });
    return runs;
  }
}
