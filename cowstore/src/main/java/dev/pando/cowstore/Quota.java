package dev.pando.cowstore;

/**
 * What the files of one group may hold of their own.
 *
 * @param limitBytes the most, {@link #NONE} if there is no limit
 * @param usedBytes what only they can reach each, and what is reserved for them: the sum of {@link
 *     CowFile#privateBytes}
 */
public record Quota(long limitBytes, long usedBytes) {
  /** No limit. */
  public static final long NONE = Long.MAX_VALUE;

  /** What may still be written to new blocks; {@link #NONE} without a limit. */
  public long leftBytes() {
    return limitBytes == NONE ? NONE : Math.max(0, limitBytes - usedBytes);
  }
}
