package dev.pando.daemon.control;

/** How a command or a call ends. The numbers are a contract with scripts. */
public enum ExitStatus {
  DONE(0),
  /** The host or the store failed: disk full, I/O error, no /dev/fuse. */
  FAILED(1),
  /** Wrong usage, or a name that can not be one. */
  USAGE(2),
  /** A rule forbids it: frozen, running, name taken, in use, busy. */
  REFUSED(3),
  /** There is no such thing. */
  MISSING(4),
  /** No daemon answers. */
  NO_DAEMON(5);

  private final int number;

  ExitStatus(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }

  /** The status of that number; {@link #FAILED} for a number that is none. */
  public static ExitStatus of(int number) {
    for (ExitStatus status : values()) {
      if (status.number == number) {
        return status;
      }
    }
    return FAILED;
  }
}
