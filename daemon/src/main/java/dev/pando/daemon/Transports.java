package dev.pando.daemon;

import dev.pando.daemon.fuse.Keeper;
import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.fuse.MountException.Reason;
import dev.pando.daemon.fuse.MountOptions;
import dev.pando.daemon.fuse.Transport;
import dev.pando.daemon.fuse.TransportChoice;
import dev.pando.daemon.fuse.jnr.JnrFuseTransport;
import dev.pando.daemon.fuse.kernel.KernelTransport;
import dev.pando.daemon.host.HostUser;
import java.nio.file.Path;
import java.util.Optional;

/** Which transport a mount gets. */
final class Transports {
  private Transports() {}

  /**
   * The transport that was asked for; for {@link TransportChoice#AUTO} the kernel's, unless there
   * is no way to it and libfuse has one.
   *
   * @param keeper whose devices the kernel's gets; none can outlive this process without one
   * @throws MountException if it refuses the mount point or an option, or does not work on this
   *     machine; nothing has been made then
   */
  static Transport checked(
      TransportChoice choice, Path mountpoint, MountOptions options, Optional<Keeper> keeper)
      throws MountException {
    Transport transport =
        choice == TransportChoice.JNR_FUSE ? new JnrFuseTransport() : kernel(keeper);
    try {
      transport.check(mountpoint, options);
      return transport;
    } catch (MountException refused) {
      if (choice == TransportChoice.AUTO && refused.reason() == Reason.NO_FUSE) {
        return otherThanKernel(mountpoint, options, refused);
      }
      throw refused;
    }
  }

  private static KernelTransport kernel(Optional<Keeper> keeper) {
    return keeper.isPresent() && HostUser.current().isRoot()
        ? new KernelTransport(KernelTransport.Settings.DEFAULT, keeper.get())
        : new KernelTransport();
  }

  private static Transport otherThanKernel(
      Path mountpoint, MountOptions options, MountException refused) throws MountException {
    Transport other = new JnrFuseTransport();
    try {
      other.check(mountpoint, options);
      return other;
    } catch (MountException refusedToo) {
      // why the better one does not work says more
      refused.addSuppressed(refusedToo);
      throw refused;
    }
  }
}
