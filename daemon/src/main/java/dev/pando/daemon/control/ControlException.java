package dev.pando.daemon.control;

/**
 * A call did not do what it was asked. The message is one sentence for the user: what was refused,
 * why, and what to do next. It has no stack trace: it is an answer, not a fault.
 */
public final class ControlException extends Exception {
  private static final long serialVersionUID = 1L;

  private final ExitStatus status;

  /**
   * @param status what a command that ends so exits with, not DONE
   */
  public ControlException(ExitStatus status, String message) {
    super(message, null, false, false);
    this.status = status;
  }

  public ExitStatus status() {
    return status;
  }
}
