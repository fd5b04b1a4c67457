package dev.pando.cowstore.segment;

/** How fast a commit writes out data that nobody waits for. */
@FunctionalInterface
public interface Pace {
  /** Not piece by piece, but at once. */
  Pace HURRY = () -> false;

  /** Waits until it is time for the next piece; false if all is to be flushed at once. */
  boolean await();
}
