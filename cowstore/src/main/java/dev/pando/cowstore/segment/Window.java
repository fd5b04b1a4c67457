package dev.pando.cowstore.segment;

/**
 * Free blocks that one file holds ahead of its next writes, so that what it writes in a row lies in
 * a row. Guarded by itself.
 */
public final class Window {
  private static final int FIRST_BLOCKS = 16;
  static final int LAST_BLOCKS = 256;

  private volatile long group;
  long next;
  int left;
  int refillBlocks = FIRST_BLOCKS;
  boolean usedLately;

  /** Whether the host refused to take the last blocks: the next are to be backed, if any are. */
  boolean hostRefused;

  /** Whether the host has space for all that is left. */
  boolean prefilled;

  /**
   * Whether the file was flushed since the last refill. Then the next blocks are filled with zeros
   * at once: the host allocates them in one go, and a flush after each write to one of them need
   * not wait for the host's own journal.
   */
  volatile boolean flushedLately;

  /** Whether it gets blocks that were set aside. */
  volatile boolean drawsOnSetAside;

  /**
   * @param group what shares segments, for instance the files of one VM
   */
  public Window(long group) {
    this.group = group;
  }

  /** Notes that what was written was made durable. */
  public void flushed() {
    flushedLately = true;
  }

  /** Whether it gets blocks that were {@linkplain Allocator#setAside set aside}, from now on. */
  public void drawOnSetAside(boolean does) {
    drawsOnSetAside = does;
  }

  /** What shares segments. */
  public long group() {
    return group;
  }

  /** From now on it shares segments with others. */
  public void moveTo(long newGroup) {
    group = newGroup;
  }
}
