package dev.pando.daemon.vm.files;

import dev.pando.cowstore.StoreException;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;

/** The one place where failures of tree, store and host become sentences for the user. */
public final class Failures {
  private Failures() {}

  /** Whether a look at the tree failed because a file was removed meanwhile. */
  static boolean isRemoval(Exception failure) {
    Throwable reason = failure instanceof MachineException ? failure.getCause() : failure;
    return reason instanceof ErrnoException answer
        && (answer.errno() == Errno.ESTALE || answer.errno() == Errno.ENOENT);
  }

  public static MachineException translate(ErrnoException failure) {
    String message =
        switch (failure.errno()) {
          case Errno.ENOSPC ->
              "There is no space left for it in the store. Remove VMs or free space on the host's"
                  + " disk, and try again.";
          case Errno.EDQUOT -> "The quota leaves no space for it. See pando quota VM.";
          case Errno.EROFS ->
              "The store takes no changes now. See the daemon's log for the reason.";
          case Errno.ESTALE, Errno.ENOENT ->
              "A file went away meanwhile. Try again when nobody changes the VM's directory.";
          case Errno.EFBIG ->
              "It has too many files to be changed in one step. Divide it into several VMs.";
          case Errno.ENAMETOOLONG -> "A name would be longer than 255 bytes. Choose a shorter one.";
          default ->
              "The store failed with errno "
                  + failure.errno()
                  + ". See the daemon's log for the reason.";
        };
    MachineException.Kind kind =
        switch (failure.errno()) {
          case Errno.ENAMETOOLONG -> MachineException.Kind.USAGE;
          case Errno.EFBIG -> MachineException.Kind.REFUSED;
          default -> MachineException.Kind.FAILED;
        };
    return new MachineException(kind, message, failure);
  }

  public static MachineException translate(StoreException failure) {
    String message =
        failure.reason() == StoreException.Reason.FULL
            ? "There is no space left for it in the store. Remove VMs or free space on the host's"
                + " disk, and try again."
            : "The store failed: " + failure.getMessage() + ". See the daemon's log.";
    return new MachineException(MachineException.Kind.FAILED, message, failure);
  }

  /** A file of the host could not be read. */
  public static MachineException translate(IOException failure) {
    if (failure instanceof StoreException store) {
      return translate(store);
    }
    String message;
    MachineException.Kind kind = MachineException.Kind.FAILED;
    if (failure instanceof NoSuchFileException) {
      message = failure.getMessage() + " went away meanwhile. Try again.";
    } else if (failure instanceof AccessDeniedException) {
      kind = MachineException.Kind.REFUSED;
      message =
          failure.getMessage()
              + " may not be read by the user whose daemon this is. Give him the permission.";
    } else {
      message = "A file could not be read: " + failure.getMessage() + ".";
    }
    return new MachineException(kind, message, failure);
  }
}
