package dev.pando.cli;

import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;

/** A mount whose daemon was killed: the kernel answers every access with ENOTCONN. */
final class OrphanMount {
  private OrphanMount() {}

  /** Takes away the mount at this path, if Pando's; with no daemon there is nothing to lose. */
  static void detach(Path mountpoint) throws ControlException {
    while (KernelMounts.hasPandoAt(mountpoint)) {
      try {
        Process umount =
            new ProcessBuilder("umount", "-l", mountpoint.toString())
                .redirectErrorStream(true)
                .redirectOutput(Redirect.DISCARD)
                .start();
        if (umount.waitFor() != 0) {
          throw remains(mountpoint);
        }
      } catch (IOException e) {
        throw remains(mountpoint);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw remains(mountpoint);
      }
    }
  }

  private static ControlException remains(Path mountpoint) {
    return new ControlException(
        ExitStatus.FAILED,
        "the mount at "
            + mountpoint
            + " has no daemon any more and can not be taken away; 'umount -l' as root does that");
  }
}
