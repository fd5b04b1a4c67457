package dev.pando.daemon.tree;

/** What is told when something that did not block has ended. */
@FunctionalInterface
public interface Completion {
  /**
   * Called exactly once.
   *
   * @param errno 0 on success, else a positive errno value
   */
  void completed(int errno);
}
