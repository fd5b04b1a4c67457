package dev.pando.cowstore.segment;

/** The geometry of blocks and segments: FORMAT.md, chapter 2. */
public final class Block {
  /** Bytes of a block: the unit of mapping and sharing. */
  public static final int BYTES = 4096;

  /** The base-2 logarithm of {@link #BYTES}. */
  public static final int SHIFT = 12;

  /** Blocks of a segment: 1 GiB. */
  public static final int PER_SEGMENT = 1 << 18;

  private static final int SEGMENT_SHIFT = 18;

  private Block() {}

  /** The segment that holds a block. */
  public static int segment(long address) {
    return (int) (address >>> SEGMENT_SHIFT);
  }

  /** Which of its segment's blocks it is. */
  public static int inSegment(long address) {
    return (int) address & (PER_SEGMENT - 1);
  }

  /** A length in bytes, rounded up to whole blocks. */
  public static long up(long bytes) {
    return (bytes + BYTES - 1) & -BYTES;
  }

  /** The address of a block of a segment. */
  public static long address(int segment, int block) {
    return (long) segment << SEGMENT_SHIFT | block;
  }
}
