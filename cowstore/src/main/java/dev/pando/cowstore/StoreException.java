package dev.pando.cowstore;

import java.io.IOException;

/**
 * The store refused or failed. {@link #reason} says what its caller can do next; the message names
 * the object and the values.
 */
public final class StoreException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What went wrong, by what the caller does next. */
  public enum Reason {
    /** No space for it: free some and try again. */
    FULL,
    /** Those whom it would count to have no quota left for it. */
    QUOTA,
    /** The file is frozen: thaw it first. */
    FROZEN,
    /** The store takes no changes, after an error or by request. */
    READ_ONLY,
    /** Another process has the store open. */
    IN_USE,
    /** There is no store here, or none of a format version that this program knows. */
    FORMAT,
    /** No such file. */
    NO_SUCH_FILE,
    /** A size or an offset is beyond what the store can map. */
    TOO_BIG,
    /** Opening would lose acknowledged writes; the caller must say that it accepts that. */
    LOSS,
    /** The host's disk failed. */
    IO
  }

  private final Reason reason;

  public StoreException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public StoreException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
