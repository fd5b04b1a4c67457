package dev.pando.daemon.control;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A method that a daemon offers.
 *
 * @param pace how long a client waits for it
 * @param body what it does
 */
public record ControlMethod(Pace pace, Body body) {
  /** How long a method takes. */
  public enum Pace {
    /** It answers at once; if not, the daemon hangs. */
    QUICK,
    /** It may take any time; signs of life are sent meanwhile. */
    LONG
  }

  /** What a method does. Called by any number of threads at once. */
  @FunctionalInterface
  public interface Body {
    /**
     * Does it.
     *
     * @param parameters an object, by name
     * @param progress told how far long work has come
     * @return the result
     * @throws ControlException if it is not done: nothing has changed then
     */
    JsonNode call(Parameters parameters, Progress progress) throws ControlException;
  }

  /** A method that answers at once. */
  public static ControlMethod quick(Body body) {
    return new ControlMethod(Pace.QUICK, body);
  }

  /** A method that may take any time. */
  public static ControlMethod lasting(Body body) {
    return new ControlMethod(Pace.LONG, body);
  }
}
