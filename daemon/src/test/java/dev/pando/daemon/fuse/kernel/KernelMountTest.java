package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.MountContract;
import dev.pando.daemon.fuse.Transport;
import java.util.Set;

/** How a mount that speaks to the kernel directly comes and goes. */
class KernelMountTest extends MountContract {
  @Override
  protected Transport transport() {
    return new KernelTransport();
  }

  @Override
  protected Set<String> threadNames() {
    return Set.of("pando-fuse-", "pando-notifier");
  }

  @Override
  protected int threadsOfAMount() {
    return 16 + 1;
  }
}
