package dev.pando.daemon.vm.files;

/**
 * An operation on VMs was not done. The message is for the user: what was refused, why, and what to
 * do next, in plain sentences.
 */
public final class MachineException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Why, by what the command line's exit code tells a script. */
  public enum Kind {
    /** The host or the store failed: disk full, I/O error. */
    FAILED(1),
    /** The request itself is wrong: a name that can not be. */
    USAGE(2),
    /** A rule forbids it: frozen, running, name taken, a VM that can not be cloned. */
    REFUSED(3),
    /** There is no such thing. */
    MISSING(4);

    private final int exitCode;

    Kind(int exitCode) {
      this.exitCode = exitCode;
    }

    /** The exit code of a command that ends so. */
    public int exitCode() {
      return exitCode;
    }
  }

  private final Kind kind;

  public MachineException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public MachineException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public static MachineException usage(String message) {
    return new MachineException(Kind.USAGE, message);
  }

  public static MachineException refused(String message) {
    return new MachineException(Kind.REFUSED, message);
  }

  public static MachineException missing(String message) {
    return new MachineException(Kind.MISSING, message);
  }

  public Kind kind() {
    return kind;
  }
}
