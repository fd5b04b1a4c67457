package dev.pando.daemon.fuse.jnr;

import dev.pando.daemon.fuse.FuseDevice;
import dev.pando.daemon.fuse.Mount;
import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.fuse.MountOptions;
import dev.pando.daemon.fuse.Mounter;
import dev.pando.daemon.fuse.Mountpoint;
import dev.pando.daemon.fuse.Transport;
import dev.pando.daemon.tree.FileSystem;
import java.nio.file.Path;

/**
 * The transport through jnr-fuse and libfuse 2 ({@code libfuse.so.2}, 2.9), on 64-bit Linux. What
 * libfuse 2 can not do is listed in this package's documentation.
 *
 * <p>Its notifier does nothing, for libfuse's path interface has no notifications. Names and
 * attributes are therefore never cached, and the pages of a small file are dropped at each open and
 * whenever its size or time of modification changed. Images are direct, which leaves nothing to
 * invalidate or to write back, since a shared mapping of one is refused; what a shared mapping of a
 * small file holds back is not in a clone that is made of it.
 */
public final class JnrFuseTransport implements Transport {
  /**
   * Threads that serve requests. Each waits for the disk with its request, syncs included, so there
   * are more of them than guests are likely to sync at once; a request beyond them waits in the
   * kernel.
   */
  static final int THREADS = 32;

  @Override
  public String name() {
    return "jnr-fuse";
  }

  @Override
  public void check(Path mountpoint, MountOptions options) throws MountException {
    Mounter.ofThisUser().check(Mountpoint.check(mountpoint).path(), options);
    FuseDevice.check();
    LibFuse2.load();
  }

  @Override
  public Mount mount(FileSystem fileSystem, Path mountpoint, MountOptions options)
      throws MountException {
    Mountpoint place = Mountpoint.check(mountpoint);
    FuseDevice.check();
    return new Mounting(LibFuse2.load(), fileSystem, place, options).mount();
  }
}
