package dev.pando.cowstore;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.io.HostException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the store takes changes. An error that leaves it unknown what is durable makes it
 * read-only until it is opened again; there is no retry, for the host may have dropped the data.
 */
final class Health {
  private static final Logger LOG = LoggerFactory.getLogger(Health.class);

  private volatile StoreState state;
  private volatile boolean failed;
  private volatile String why = "it was opened read-only";

  Health(boolean readOnly) {
    state = readOnly ? StoreState.READ_ONLY : StoreState.READY;
  }

  StoreState state() {
    return state;
  }

  void close() {
    state = StoreState.CLOSED;
  }

  /** Throws if the store is closed. */
  void checkOpen() throws StoreException {
    if (state == StoreState.CLOSED) {
      throw new StoreException(Reason.READ_ONLY, "the store is closed");
    }
  }

  /** Throws unless the store takes changes. */
  void checkWritable() throws StoreException {
    if (state != StoreState.READY) {
      throw new StoreException(
          Reason.READ_ONLY,
          state == StoreState.CLOSED ? "the store is closed" : "the store is read-only: " + why);
    }
  }

  /** Whether it is open, and known what is durable. */
  boolean isSound() {
    return !failed && state != StoreState.CLOSED;
  }

  /** Throws if an error has left it unknown what is durable: then nothing may be committed. */
  void checkCommittable() throws StoreException {
    if (failed) {
      throw new StoreException(Reason.READ_ONLY, "the store is read-only: " + why);
    }
  }

  /** After an error of a flush or a commit. */
  StoreException fail(String what, IOException cause) {
    failed = true;
    if (state == StoreState.READY) {
      why = what + " failed: " + cause.getMessage();
      state = StoreState.READ_ONLY;
      LOG.error("store is read-only now, {}", why, cause);
    }
    return new StoreException(Reason.IO, what + " failed: " + cause.getMessage(), cause);
  }

  /** After a fault of this program that is no error of the host. */
  StoreException failed(String what, Throwable fault) {
    return fail(
        what, fault instanceof IOException io ? io : new IOException(fault.toString(), fault));
  }

  /** An error of one request as its caller sees it. */
  static StoreException translate(IOException e) {
    if (e instanceof StoreException known) {
      return known;
    }
    if (e instanceof HostException host && host.isDiskFull()) {
      return new StoreException(Reason.FULL, "the host's disk is full: " + e.getMessage(), e);
    }
    return new StoreException(Reason.IO, words(e), e);
  }

  /** With what the JDK leaves out: the message of some errors is the path alone. */
  private static String words(IOException e) {
    if (e instanceof FileSystemException failure && failure.getReason() == null) {
      String what =
          e instanceof AccessDeniedException
              ? " may not be used by this user"
              : e instanceof NoSuchFileException
                  ? " is missing"
                  : ": " + e.getClass().getSimpleName();
      return failure.getFile() + what;
    }
    return String.valueOf(e.getMessage());
  }
}
