package dev.pando.tests.conformance;

/** A system call said no. */
public final class PosixException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  PosixException(String call, int errno) {
    super(call + ": errno " + errno);
    this.errno = errno;
  }

  public int errno() {
    return errno;
  }
}
