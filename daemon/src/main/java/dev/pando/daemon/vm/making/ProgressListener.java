package dev.pando.daemon.vm.making;

/** Told how far long work has come, by the thread that does it, several times a second at most. */
@FunctionalInterface
public interface ProgressListener {
  /**
   * Some more is done.
   *
   * @param totalBytes of all the work; it does not change
   */
  public void progressed(long doneBytes, long totalBytes);

  /** Whether the work is still wanted; if not, it is stopped and leaves nothing. */
  public default boolean isWanted() {
    return true;
  }
}
