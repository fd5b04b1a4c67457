package dev.pando.daemon.fuse;

import java.io.IOException;

/**
 * A mount or an unmount was refused. The message is a sentence for the user: what was refused, why,
 * and what to do about it.
 */
public final class MountException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Why, by what the caller does next. */
  public enum Reason {
    /** The mount point does not exist. */
    MISSING,
    /** The mount point is not a directory. */
    NOT_A_DIRECTORY,
    /** The mount point has entries that a mount would hide. */
    NOT_EMPTY,
    /** A mount of ours is there already. */
    ALREADY_MOUNTED,
    /** This machine or this user has no FUSE. */
    NO_FUSE,
    /** This user may not do that. */
    NOT_PERMITTED,
    /** The mount is in use. */
    BUSY,
    /** An option that is not known, or that the kernel does not take. */
    OPTION,
    /** Anything else that failed. */
    FAILED
  }

  private final Reason reason;

  public MountException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public MountException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
