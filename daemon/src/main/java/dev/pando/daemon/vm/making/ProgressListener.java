package dev.pando.daemon.vm.making;

import dev.pando.daemon.vm.files.MachineException;

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

  /**
   * Throws if the work is not wanted any more, or its thread is interrupted.
   *
   * @param work what is stopped then: {@code import}
   */
  default void checkWanted(String work) throws MachineException {
    if (!isWanted() || Thread.interrupted()) {
      throw new MachineException(
          MachineException.Kind.FAILED, "The " + work + " was stopped. Nothing of it is left.");
    }
  }
}
