package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.FaultLog;
import dev.pando.daemon.fuse.Mount;
import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.fuse.MountException.Reason;
import dev.pando.daemon.fuse.MountOptions;
import dev.pando.daemon.fuse.Mounter;
import dev.pando.daemon.fuse.Mountpoint;
import dev.pando.daemon.fuse.OpenFiles;
import dev.pando.daemon.fuse.ServedMount;
import dev.pando.daemon.tree.FileSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps from a directory to a mount that answers: slots, mount, INIT, clones of the device,
 * workers, a first question. If one fails, those before it are undone. Used once.
 */
final class Mounting {
  private static final Logger LOG = LoggerFactory.getLogger(Mounting.class);

  /** The kernel's read-ahead for cached files: one request of the largest size. */
  private static final String READ_AHEAD_KIB = "1024";

  private final FileSystem fileSystem;
  private final Mounter mounter;
  private final Mountpoint mountpoint;
  private final MountOptions options;
  private final KernelTransport.Settings settings;
  private final List<Device> devices = new ArrayList<>();

  Mounting(
      FileSystem fileSystem,
      Mounter mounter,
      Mountpoint mountpoint,
      MountOptions options,
      KernelTransport.Settings settings) {
    this.fileSystem = fileSystem;
    this.mounter = mounter;
    this.mountpoint = mountpoint;
    this.options = options;
    this.settings = settings;
  }

  Mount mount() throws MountException {
    SlotMemory slots = slots();
    try {
      devices.add(new Device(mounter.mount(mountpoint.path(), options)));
      negotiate(slots);
      while (devices.size() < settings.workers()) {
        devices.add(devices.get(0).duplicate());
      }
    } catch (MountException failed) {
      undo(slots, failed);
      throw failed;
    }
    ServedMount mount = serve(slots);
    mount.awaitAnswer();
    readAhead(mount);
    return mount;
  }

  private SlotMemory slots() throws MountException {
    try {
      return SlotMemory.create(settings.workers(), settings.parkedRequests());
    } catch (IOException failed) {
      throw new MountException(Reason.FAILED, "no memory for requests", failed);
    }
  }

  private void undo(SlotMemory slots, MountException why) {
    try {
      if (!devices.isEmpty()) {
        mounter.unmount(mountpoint.path(), true);
      }
    } catch (MountException remains) {
      why.addSuppressed(remains);
    }
    devices.forEach(Device::close);
    slots.close();
  }

  private void negotiate(SlotMemory slots) throws MountException {
    Device first = devices.get(0);
    Slot slot = new Slot(slots, 0, first.fd());
    long taken =
        new Negotiation(first, slot, settings.maxBackground(), settings.withheld()).conclude();
    LOG.debug("FUSE flags taken: {}", Long.toHexString(taken));
  }

  private ServedMount serve(SlotMemory slots) throws MountException {
    OpenFiles openFiles = new OpenFiles();
    Connection connection = new Connection(devices, slots, openFiles);
    Session session =
        new Session(
            fileSystem,
            openFiles,
            connection,
            new ParkingLot(connection, slots, settings.parkedRequests()),
            options.cachePolicy(),
            new Answers(),
            new FaultLog());
    KernelNotifier notifier = new KernelNotifier(connection, devices.get(0), session.answers());
    fileSystem.awaitForgets();
    connection.enter();
    AtomicInteger serving = new AtomicInteger(devices.size());
    for (int index = 0; index < devices.size(); index++) {
      connection.enter();
      Device device = devices.get(index);
      Worker worker = new Worker(session, device, new Slot(slots, index, device.fd()));
      start("pando-fuse-" + index, () -> work(worker, serving, notifier));
    }
    start("pando-notifier", notifier);
    return ServedMount.of(mountpoint, connection, notifier);
  }

  /** The last worker to end ends the notifier: nobody is left to tell. */
  private static void work(Worker worker, AtomicInteger serving, KernelNotifier notifier) {
    try {
      worker.run();
    } finally {
      if (serving.decrementAndGet() == 0) {
        notifier.end();
      }
    }
  }

  private static void start(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  /** Cached files are read ahead by whole requests. Without it they are only read more slowly. */
  private static void readAhead(ServedMount mount) {
    Path knob = Path.of("/sys/class/bdi/0:" + mount.deviceMinor() + "/read_ahead_kb");
    try {
      Files.writeString(knob, READ_AHEAD_KIB);
    } catch (IOException failed) {
      LOG.debug("{} could not be set: {}", knob, failed.toString());
    }
  }
}
