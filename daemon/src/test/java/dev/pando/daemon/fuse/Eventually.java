package dev.pando.daemon.fuse;

import dev.pando.testing.Patience;
import java.util.function.BooleanSupplier;

/** Waits for a condition, with a bound. */
public final class Eventually {
  private Eventually() {}

  /** Returns when {@code condition} holds: see {@link Patience#await}. */
  public static void await(String what, BooleanSupplier condition) {
    Patience.await(what, condition::getAsBoolean);
  }
}
