package dev.pando.cowstore.segment;

/**
 * Free blocks that one file holds ahead of its next writes, so that what it writes in a row lies in
 * a row. Guarded by itself.
 */
public final class Window {
  private static final int FIRST_BLOCKS = 16;
  static final int LAST_BLOCKS = 256;

  final long group;
  long next;
  int left;
  int refillBlocks = FIRST_BLOCKS;
  boolean usedLately;

  /**
   * @param group what shares segments, for instance the files of one VM
   */
  public Window(long group) {
    this.group = group;
  }

  /** What shares segments. */
  public long group() {
    return group;
  }
}
