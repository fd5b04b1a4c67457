package dev.pando.cowstore;

/** Hears how work that reads much of the store goes on, by the thread that does it. */
@FunctionalInterface
public interface ReadingListener {
  /**
   * Told after at most 1 MiB.
   *
   * @param readBytes data read so far
   * @return false to end the work
   */
  boolean goesOn(long readBytes);
}
