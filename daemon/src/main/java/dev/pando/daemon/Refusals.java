package dev.pando.daemon;

import dev.pando.cowstore.StoreException;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.vm.files.MachineException;

/** The one place where the exceptions of store, mount and machines become exit statuses. */
final class Refusals {
  private Refusals() {}

  static ControlException of(StoreException e) {
    ExitStatus status =
        switch (e.reason()) {
          case IN_USE, FORMAT, LOSS, FROZEN, READ_ONLY, QUOTA -> ExitStatus.REFUSED;
          case NO_SUCH_FILE -> ExitStatus.MISSING;
          case FULL, TOO_BIG, IO -> ExitStatus.FAILED;
        };
    return new ControlException(status, e.getMessage());
  }

  static ControlException of(MountException e) {
    ExitStatus status =
        switch (e.reason()) {
          case MISSING -> ExitStatus.MISSING;
          case OPTION, NOT_A_DIRECTORY -> ExitStatus.USAGE;
          case NOT_EMPTY, ALREADY_MOUNTED, NOT_PERMITTED, BUSY -> ExitStatus.REFUSED;
          case NO_FUSE, FAILED -> ExitStatus.FAILED;
        };
    return new ControlException(status, e.getMessage());
  }

  static ControlException of(MachineException e) {
    return new ControlException(ExitStatus.of(e.kind().exitCode()), e.getMessage());
  }
}
