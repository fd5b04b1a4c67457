package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.Mount;
import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.fuse.MountException.Reason;
import dev.pando.daemon.fuse.MountOptions;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.FileSystem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps from a directory to a mount that answers: device, slots, mount(2), INIT, clones of the
 * device, workers, a first question. If one fails, those before it are undone. Used once.
 */
final class Mounting {
  private static final Logger LOG = LoggerFactory.getLogger(Mounting.class);

  private static final String DEVICE = "/dev/fuse";

  /** What mount(2) is told the root is; the kernel asks for its real attributes. */
  private static final String ROOT_MODE = "40000";

  /** The kernel's read-ahead for cached files: one request of the largest size. */
  private static final String READ_AHEAD_KIB = "1024";

  private static final int PROBE_SECONDS = 10;

  private final FileSystem fileSystem;
  private final Mountpoint mountpoint;
  private final MountOptions options;
  private final KernelTransport.Settings settings;
  private final List<Device> devices = new ArrayList<>();

  Mounting(
      FileSystem fileSystem,
      Mountpoint mountpoint,
      MountOptions options,
      KernelTransport.Settings settings) {
    this.fileSystem = fileSystem;
    this.mountpoint = mountpoint;
    this.options = options;
    this.settings = settings;
  }

  Mount mount() throws MountException {
    devices.add(open());
    SlotMemory slots;
    try {
      slots = SlotMemory.create(settings.workers(), settings.parkedRequests());
    } catch (IOException failed) {
      closeDevices();
      throw new MountException(Reason.FAILED, "no memory for requests", failed);
    }
    boolean mounted = false;
    try {
      attach();
      mounted = true;
      negotiate(slots);
      while (devices.size() < settings.workers()) {
        devices.add(cloneOf(devices.get(0)));
      }
    } catch (MountException failed) {
      if (mounted) {
        Linux.LIBC.umount2(mountpoint.path().toString(), Linux.MNT_DETACH);
      }
      closeDevices();
      slots.close();
      throw failed;
    }
    KernelMount mount = serve(slots);
    probe(mount);
    return mount;
  }

  private void closeDevices() {
    for (Device device : devices) {
      Linux.LIBC.close(device.fd());
    }
  }

  /** Opens the device; closing it is the caller's. */
  static Device open() throws MountException {
    int fd = Linux.LIBC.open(DEVICE, Linux.O_RDWR | Linux.O_CLOEXEC);
    if (fd >= 0) {
      return new Device(fd);
    }
    int errno = Linux.errno();
    throw switch (errno) {
      case Errno.ENOENT, Errno.ENODEV, Errno.ENXIO ->
          new MountException(
              Reason.NO_FUSE,
              DEVICE
                  + " is not there: load the kernel module fuse, or give the container the device");
      case Errno.EACCES, Errno.EPERM ->
          new MountException(Reason.NO_FUSE, DEVICE + " may not be opened: mounting needs root");
      default -> new MountException(Reason.FAILED, "opening " + DEVICE + ": errno " + errno);
    };
  }

  private void attach() throws MountException {
    long flags = Linux.MS_NOSUID | Linux.MS_NODEV;
    if (options.readOnly()) {
      flags |= Linux.MS_RDONLY;
    }
    if (options.noAccessTimes()) {
      flags |= Linux.MS_NOATIME;
    }
    String target = mountpoint.path().toString();
    if (Linux.LIBC.mount("pando", target, Mountpoint.TYPE, flags, mountData()) == 0) {
      return;
    }
    int errno = Linux.errno();
    throw switch (errno) {
      case Errno.EPERM ->
          new MountException(Reason.NO_FUSE, "mounting on " + target + " is not allowed: be root");
      case Errno.ENODEV ->
          new MountException(Reason.NO_FUSE, "this kernel has no FUSE: load the module fuse");
      case Errno.EINVAL ->
          options.securityContext().isEmpty()
              ? new MountException(Reason.FAILED, "the kernel refused to mount on " + target)
              : new MountException(
                  Reason.OPTION, "the kernel refused context=: it may be without SELinux");
      default -> new MountException(Reason.FAILED, "mounting on " + target + ": errno " + errno);
    };
  }

  private String mountData() {
    StringBuilder data = new StringBuilder();
    data.append("fd=").append(devices.get(0).fd());
    data.append(",rootmode=").append(ROOT_MODE).append(",user_id=0,group_id=0");
    data.append(",default_permissions");
    if (options.allowOther()) {
      data.append(",allow_other");
    }
    if (!options.securityContext().isEmpty()) {
      data.append(",context=\"").append(options.securityContext()).append('"');
    }
    return data.toString();
  }

  private void negotiate(SlotMemory slots) throws MountException {
    Device first = devices.get(0);
    Slot slot = new Slot(slots, 0, first.fd());
    long taken =
        new Negotiation(first, slot, settings.maxBackground(), settings.withheld()).conclude();
    LOG.debug("FUSE flags taken: {}", Long.toHexString(taken));
  }

  private static Device cloneOf(Device mounted) throws MountException {
    Device clone = open();
    ByteBuffer argument = ByteBuffer.allocateDirect(Integer.BYTES).order(ByteOrder.nativeOrder());
    argument.putInt(0, mounted.fd());
    long address = Linux.addressOf(argument);
    if (Linux.LIBC.ioctl(clone.fd(), Linux.FUSE_DEV_IOC_CLONE, address) < 0) {
      int errno = Linux.errno();
      Linux.LIBC.close(clone.fd());
      throw new MountException(Reason.FAILED, "cloning " + DEVICE + ": errno " + errno);
    }
    return clone;
  }

  private KernelMount serve(SlotMemory slots) throws MountException {
    OpenFiles openFiles = new OpenFiles();
    Connection connection = new Connection(devices, slots, openFiles);
    Session session =
        new Session(
            fileSystem,
            openFiles,
            connection,
            new ParkingLot(connection, slots, settings.parkedRequests()),
            options.cachePolicy(),
            new FaultLog());
    KernelNotifier notifier = new KernelNotifier(connection, devices.get(0));
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
    return new KernelMount(mountpoint, deviceMinor(), connection, notifier);
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

  private int deviceMinor() throws MountException {
    return mountpoint
        .entry()
        .orElseThrow(
            () ->
                new MountException(
                    Reason.FAILED, mountpoint.path() + " was unmounted while it was mounted"))
        .minor();
  }

  /** Asks the mount for its root: when it is answered, so will be whatever comes next. */
  private void probe(KernelMount mount) throws MountException {
    CompletableFuture<Object> answer = new CompletableFuture<>();
    start(
        "pando-probe",
        () -> {
          try {
            answer.complete(Files.getAttribute(mountpoint.path(), "unix:ino"));
          } catch (IOException | RuntimeException failed) {
            answer.completeExceptionally(failed);
          }
        });
    try {
      answer.get(PROBE_SECONDS, TimeUnit.SECONDS);
      readAhead(mount);
    } catch (ExecutionException | TimeoutException failed) {
      mount.abort();
      throw new MountException(
          Reason.FAILED, "the mount on " + mountpoint.path() + " does not answer", failed);
    } catch (InterruptedException interrupted) {
      mount.abort();
      Thread.currentThread().interrupt();
      throw new MountException(Reason.FAILED, "mounting was interrupted", interrupted);
    }
  }

  /** Cached files are read ahead by whole requests. Without it they are only read more slowly. */
  private static void readAhead(KernelMount mount) {
    Path knob = Path.of("/sys/class/bdi/0:" + mount.deviceMinor() + "/read_ahead_kb");
    try {
      Files.writeString(knob, READ_AHEAD_KIB);
    } catch (IOException failed) {
      LOG.debug("{} could not be set: {}", knob, failed.toString());
    }
  }
}
