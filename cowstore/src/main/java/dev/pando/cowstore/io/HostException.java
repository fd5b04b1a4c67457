package dev.pando.cowstore.io;

import java.io.IOException;

/**
 * A system call of the host failed. What that means is decided here, once:
 *
 * <ul>
 *   <li>{@link #isDiskFull}: there is no space; the request is refused, the store goes on;
 *   <li>{@link #isShortage}: there is no descriptor, no memory, or a signal came. It says nothing
 *       of the disk, and the same call may succeed later: what is auxiliary is left out and done
 *       another time, a request is refused, the store goes on;
 *   <li>anything else is an error of the disk. Of a flush or a commit it is the store's last.
 * </ul>
 *
 * <p>An interrupted call (EINTR) never gets so far: it is made again where it was made.
 */
public final class HostException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Out of memory (asm-generic/errno-base.h). */
  public static final int ENOMEM = 12;

  /** The system has too many open files (asm-generic/errno-base.h). */
  public static final int ENFILE = 23;

  /** The process has too many open files (asm-generic/errno-base.h). */
  public static final int EMFILE = 24;

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

  /**
   * Whether the host had too little of something, but not of its disk: later it may have enough.
   */
  public boolean isShortage() {
    return isShortage(errno);
  }

  static boolean isShortage(int errno) {
    return switch (errno) {
      case LibC.EINTR, LibC.EAGAIN, ENOMEM, ENFILE, EMFILE -> true;
      default -> false;
    };
  }

  /** Whether the host's disk, or the user's share of it, is full. */
  public boolean isDiskFull() {
    return errno == ENOSPC || errno == EDQUOT;
  }
}
