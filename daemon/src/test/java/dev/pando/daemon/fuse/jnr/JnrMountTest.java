package dev.pando.daemon.fuse.jnr;

import dev.pando.daemon.fuse.MountContract;
import dev.pando.daemon.fuse.Transport;
import java.util.Set;

/** How a mount through libfuse comes and goes. */
class JnrMountTest extends MountContract {
  @Override
  protected Transport transport() {
    return new JnrFuseTransport();
  }

  @Override
  protected Set<String> threadNames() {
    return Set.of("pando-jnr-");
  }

  @Override
  protected int threadsOfAMount() {
    return JnrFuseTransport.THREADS;
  }
}
