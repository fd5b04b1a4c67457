package dev.pando.daemon.host;

import dev.pando.cowstore.io.LibC;

/**
 * The calling thread comes before those that serve requests, until it gives this back: for short
 * work that a person waits for, or a VM that stands still meanwhile. Where root does not run the
 * process nothing changes. Used by one thread.
 */
public final class Precedence {
  /** About ten times the weight of a thread that serves requests. */
  private static final int NICER_BY = 10;

  private final int before = LibC.CALLS.getpriority(LibC.PRIO_PROCESS, 0);

  private Precedence() {
    set(before - NICER_BY);
  }

  /** Takes it. */
  public static Precedence take() {
    return new Precedence();
  }

  private static void set(int niceness) {
    int unused = LibC.CALLS.setpriority(LibC.PRIO_PROCESS, 0, niceness);
  }

  /** From now on it takes its turn again. */
  public void giveBack() {
    set(before);
  }
}
