package dev.pando.daemon.tree;

/**
 * Takes note of what a request did, in the very step in which it becomes true: a request that a
 * process executed before it died must not be executed again by the next. Called by the thread that
 * executes the request, under locks; it must be quick.
 */
@FunctionalInterface
public interface Receipt {
  /** Nobody asks afterwards. */
  Receipt NONE = (recordNumber, node) -> {};

  /**
   * The request becomes the store's record with this number; if that record is not found after a
   * crash, the request was not executed.
   *
   * @param node what the request made or linked; 0 for none
   */
  void recorded(long recordNumber, long node);
}
