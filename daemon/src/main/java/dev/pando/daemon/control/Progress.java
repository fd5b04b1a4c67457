package dev.pando.daemon.control;

/** Takes what long work reports. */
@FunctionalInterface
public interface Progress {
  /** Takes it and does nothing. */
  Progress IGNORED = (doneBytes, totalBytes) -> {};

  /**
   * Some more is done. May be called often, from one thread.
   *
   * @param totalBytes of all the work, or 0 if that is not known
   */
  void report(long doneBytes, long totalBytes);

  /** Whether somebody still waits for the work; if not, it may be given up. */
  default boolean isAwaited() {
    return true;
  }
}
