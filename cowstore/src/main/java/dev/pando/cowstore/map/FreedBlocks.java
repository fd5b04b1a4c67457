package dev.pando.cowstore.map;

/** Takes the blocks that a file alone could reach and no longer does. */
@FunctionalInterface
public interface FreedBlocks {
  /** Takes one block; called under the log lock. */
  void freed(long address);
}
