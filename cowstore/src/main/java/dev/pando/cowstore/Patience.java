package dev.pando.cowstore;

/**
 * For who finds a lock taken that is held for some microseconds: ask some more times, then let
 * others have the processor and ask again, and sleep only then. To be woken takes longer,
 * milliseconds on a busy machine; and where there are more threads than processors, the one that
 * has the lock may be waiting for a processor itself.
 */
final class Patience {
  private static final int SPINS = 200;
  private static final int YIELDS = 20;

  private Patience() {}

  /**
   * Waits a little.
   *
   * @param tries how often it was called for this lock before
   * @return whether to ask again; else sleep
   */
  @SuppressWarnings("ThreadPriorityCheck") // it helps and is not relied on
  static boolean again(int tries) {
    if (tries < SPINS) {
      Thread.onSpinWait();
    } else {
      Thread.yield();
    }
    return tries < SPINS + YIELDS;
  }
}
