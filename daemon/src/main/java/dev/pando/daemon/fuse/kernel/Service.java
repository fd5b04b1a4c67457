package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.CachePolicy;
import dev.pando.daemon.fuse.FaultLog;
import dev.pando.daemon.fuse.LastResort;
import dev.pando.daemon.fuse.OpenFiles;
import dev.pando.daemon.tree.FileSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What serves one mount: workers, the notifier, and what they share. Used once. */
final class Service {
  private static final Logger LOG = LoggerFactory.getLogger(Service.class);

  /** The kernel's read-ahead for cached files: one request of the largest size. */
  private static final String READ_AHEAD_KIB = "1024";

  private final List<Device> devices;
  private final Connection connection;
  private final Session session;
  private final KernelNotifier notifier;
  private final List<Slot> slots = new ArrayList<>();
  private final List<Worker> workers = new ArrayList<>();

  Service(
      FileSystem fileSystem,
      List<Device> devices,
      MountMemory memory,
      CachePolicy cachePolicy,
      LastResort lastResort) {
    this.devices = List.copyOf(devices);
    OpenFiles openFiles = new OpenFiles();
    connection = new Connection(devices, memory, openFiles);
    ParkingLot parking = new ParkingLot(connection, memory, memory.smallSlots());
    FaultLog faults = new FaultLog();
    session =
        new Session(
            fileSystem,
            openFiles,
            new OpenTable(memory),
            connection,
            parking,
            new SpaceQueue(parking, faults, lastResort),
            cachePolicy,
            new Answers(),
            faults,
            lastResort);
    notifier =
        new KernelNotifier(
            connection, devices.get(0), session.answers(), new OwedNotices(memory), lastResort);
    for (int index = 0; index < devices.size(); index++) {
      Device device = devices.get(index);
      Slot slot = new Slot(memory, index, device.fd());
      slots.add(slot);
      workers.add(new Worker(session, device, slot));
    }
    fileSystem.awaitForgets();
    connection.enter(); // for the notifier
    workers.forEach(worker -> connection.enter());
  }

  Session session() {
    return session;
  }

  Connection connection() {
    return connection;
  }

  KernelNotifier notifier() {
    return notifier;
  }

  List<Device> devices() {
    return devices;
  }

  /** The slot of the worker with the same index. */
  List<Slot> slots() {
    return slots;
  }

  List<Worker> workers() {
    return workers;
  }

  /** Starts all threads. */
  void start() {
    AtomicInteger serving = new AtomicInteger(workers.size());
    for (int index = 0; index < workers.size(); index++) {
      Worker worker = workers.get(index);
      Thread unused =
          start("pando-fuse-" + index, () -> work(worker, serving), session.lastResort());
    }
    Thread unused = start("pando-notifier", notifier, session.lastResort());
  }

  /** The last worker to end ends the notifier: nobody is left to tell. */
  private void work(Worker worker, AtomicInteger serving) {
    try {
      worker.run();
    } finally {
      if (serving.decrementAndGet() == 0) {
        notifier.end();
      }
    }
  }

  /** Starts a thread; if a fault ends it, the last resort is told. */
  static Thread start(String name, Runnable task, LastResort lastResort) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (Throwable fault) {
                LOG.error("{} ended by a fault of Pando's", name, fault);
                lastResort.ended(fault);
                throw fault;
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** Cached files are read ahead by whole requests. Without it they are only read more slowly. */
  static void readAhead(int deviceMinor) {
    Path knob = Path.of("/sys/class/bdi/0:" + deviceMinor + "/read_ahead_kb");
    try {
      Files.writeString(knob, READ_AHEAD_KIB);
    } catch (IOException failed) {
      LOG.debug("{} could not be set: {}", knob, failed.toString());
    }
  }
}
