package dev.pando.cowstore.io;

import java.io.IOException;

/** A system call of the host failed. */
public final class HostException extends IOException {
  private static final long serialVersionUID = 1L;

  /** No space left on device (asm-generic/errno-base.h). */
  public static final int ENOSPC = 28;

  /** Operation not supported (asm-generic/errno.h). */
  public static final int EOPNOTSUPP = 95;

  /** Disk quota exceeded (asm-generic/errno.h). */
  public static final int EDQUOT = 122;

  private final int errno;

  /**
   * @param what the call and its object, for the message
   * @param errno the positive errno value
   */
  public HostException(String what, int errno) {
    super(what + ": errno " + errno);
    this.errno = errno;
  }

  public int errno() {
    return errno;
  }

  /** Whether the host's disk, or the user's share of it, is full. */
  public boolean isDiskFull() {
    return errno == ENOSPC || errno == EDQUOT;
  }
}
