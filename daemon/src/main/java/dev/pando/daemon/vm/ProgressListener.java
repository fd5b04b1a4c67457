package dev.pando.daemon.vm;

/** Told how far long work has come, by the thread that does it, several times a second at most. */
@FunctionalInterface
public interface ProgressListener {
  /**
   * Some more is done.
   *
   * @param totalBytes of all the work; it does not change
   */
  void progressed(long doneBytes, long totalBytes);

  /** Whether the work is still wanted; if not, it is stopped and leaves nothing. */
  default boolean isWanted() {
    return true;
  }
}
