package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.Keeper;
import dev.pando.daemon.fuse.LastResort;
import dev.pando.daemon.fuse.Mount;
import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.fuse.MountException.Reason;
import dev.pando.daemon.fuse.MountOptions;
import dev.pando.daemon.fuse.Mounter;
import dev.pando.daemon.fuse.Mountpoint;
import dev.pando.daemon.fuse.ServedMount;
import dev.pando.daemon.tree.FileSystem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps from a directory to a mount that answers: slots, mount, INIT, clones of the device,
 * workers, a first question. If one fails, those before it are undone. Used once.
 */
final class Mounting {
  private static final Logger LOG = LoggerFactory.getLogger(Mounting.class);

  private final FileSystem fileSystem;
  private final Mounter mounter;
  private final Mountpoint mountpoint;
  private final MountOptions options;
  private final KernelTransport.Settings settings;
  private final Optional<Keeper> keeper;
  private final List<Device> devices = new ArrayList<>();

  Mounting(
      FileSystem fileSystem,
      Mounter mounter,
      Mountpoint mountpoint,
      MountOptions options,
      KernelTransport.Settings settings,
      Optional<Keeper> keeper) {
    this.fileSystem = fileSystem;
    this.mounter = mounter;
    this.mountpoint = mountpoint;
    this.options = options;
    this.settings = settings;
    this.keeper = keeper;
  }

  /** Mounts, and serves. */
  Mount mount() throws MountException {
    MountMemory memory = connect();
    LastResort lastResort = keeper.isPresent() ? LastResort.HALT : LastResort.NONE;
    Service service = new Service(fileSystem, devices, memory, options.cachePolicy(), lastResort);
    service.start();
    ServedMount mount = ServedMount.of(mountpoint, service.connection(), service.notifier());
    memory.mounted(mount.deviceMinor(), mountpoint.path());
    mount.awaitAnswer();
    Service.readAhead(mount.deviceMinor());
    return mount;
  }

  /** Mounts, and leaves the serving to a daemon that takes over. */
  LeftMount leave() throws MountException {
    MountMemory memory = connect();
    try {
      Mountpoint.Entry entry =
          mountpoint
              .entry()
              .orElseThrow(() -> new MountException(Reason.FAILED, "the mount is gone already"));
      memory.mounted(entry.minor(), mountpoint.path());
      return new LeftMount(
          devices.stream().map(Device::fd).toList(), memory.fd(), entry.minor(), mountpoint.path());
    } catch (MountException failed) {
      undo(memory, failed);
      throw failed;
    }
  }

  private MountMemory connect() throws MountException {
    MountMemory memory = memory();
    try {
      if (keeper.isPresent()) {
        keeper.get().hold(memory.fd(), memory::isHeld);
      }
      devices.add(new Device(mounter.mount(mountpoint.path(), options)));
      negotiate(memory);
      duplicateDevices();
      return memory;
    } catch (MountException failed) {
      undo(memory, failed);
      throw failed;
    }
  }

  private MountMemory memory() throws MountException {
    int workers = keeper.isPresent() ? keeper.get().devices().size() : settings.workers();
    try {
      return MountMemory.create(workers, settings.parkedRequests());
    } catch (IOException failed) {
      throw new MountException(Reason.FAILED, "no memory for requests", failed);
    }
  }

  private void duplicateDevices() throws MountException {
    Device first = devices.get(0);
    if (keeper.isPresent()) {
      for (int fresh : keeper.get().devices().subList(1, keeper.get().devices().size())) {
        devices.add(first.duplicate(fresh));
      }
    } else {
      while (devices.size() < settings.workers()) {
        devices.add(first.duplicate());
      }
    }
  }

  private void undo(MountMemory memory, MountException why) {
    try {
      if (!devices.isEmpty()) {
        mounter.unmount(mountpoint.path(), true);
      }
    } catch (MountException remains) {
      why.addSuppressed(remains);
    }
    devices.forEach(Device::close);
    memory.close();
  }

  private void negotiate(MountMemory memory) throws MountException {
    Device first = devices.get(0);
    Slot slot = new Slot(memory, 0, first.fd());
    long taken =
        new Negotiation(first, slot, settings.maxBackground(), settings.withheld()).conclude();
    LOG.debug("FUSE flags taken: {}", Long.toHexString(taken));
  }
}
