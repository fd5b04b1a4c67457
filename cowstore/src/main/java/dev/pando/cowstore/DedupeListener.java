package dev.pando.cowstore;

/** Hears how a search for equal blocks goes on, by the thread that searches. */
@FunctionalInterface
public interface DedupeListener {
  /**
   * Told after at most 1 MiB.
   *
   * @param readBytes data read so far
   * @return false to end the search
   */
  boolean goesOn(long readBytes);
}
