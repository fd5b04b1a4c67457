package dev.pando.cowstore;

/**
 * What a search for equal blocks has done.
 *
 * @param readBytes data that was read
 * @param sharedBytes blocks that were found to be equal to another and are not stored any more
 * @param reachedBytes where in a file it was broken off; {@link CowFile#MAX_BYTES} if it was not
 */
public record DedupeReport(long readBytes, long sharedBytes, long reachedBytes) {
  /** Whether it came to its end. */
  public boolean isWhole() {
    return reachedBytes == CowFile.MAX_BYTES;
  }
}
