package dev.pando.daemon.tree;

/**
 * A request was refused; carries the errno for its caller. It has no stack trace: it is an answer,
 * not a fault.
 */
public final class ErrnoException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int errno;

  /**
   * @param errno a positive errno value, one of {@link Errno}
   */
  public ErrnoException(int errno) {
    super("errno " + errno, null, false, false);
    this.errno = errno;
  }

  /** The positive errno value. */
  public int errno() {
    return errno;
  }
}
