package dev.pando.cowstore;

import java.util.Random;

/** A range of a file as programs choose them: mostly aligned to something, mostly small. */
record RandomRange(long offset, int length) {
  private static final int[] ALIGNMENTS = {1, 512, 4096, 65536, 1 << 20};
  private static final int[] LARGEST = {1, 600, 4096, 9000, 9000, 70_000, 70_000, (1 << 20) + 4096};
  private static final long[] NEAR_BYTES = {100_000, 400_000, 400_000, 3 << 20};
  private static final long[] FAR_BYTES = {300L << 20, 70L << 30};

  /** A range near the beginning, at times far out where the map is higher. */
  static RandomRange of(Random random) {
    int alignment = ALIGNMENTS[random.nextInt(ALIGNMENTS.length)];
    int largest = LARGEST[random.nextInt(LARGEST.length)];
    long length = 1L + random.nextInt(largest);
    if (random.nextInt(4) > 0 && length > alignment) {
      length -= length % alignment;
    }
    long offset = (long) (random.nextDouble() * NEAR_BYTES[random.nextInt(NEAR_BYTES.length)]);
    if (random.nextInt(40) == 0) {
      offset += FAR_BYTES[random.nextInt(FAR_BYTES.length)];
    }
    return new RandomRange(offset - offset % alignment, (int) length);
  }

  /** A size for a file, with or without alignment. */
  static long size(Random random) {
    RandomRange range = of(random);
    return random.nextBoolean() ? range.offset() : range.offset() + range.length();
  }

  long end() {
    return offset + length;
  }
}
