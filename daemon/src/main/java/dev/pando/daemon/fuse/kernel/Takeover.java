package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.Handle;
import dev.pando.daemon.fuse.Keeper;
import dev.pando.daemon.fuse.LastResort;
import dev.pando.daemon.fuse.Mount;
import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.fuse.MountException.Reason;
import dev.pando.daemon.fuse.MountOptions;
import dev.pando.daemon.fuse.Mountpoint;
import dev.pando.daemon.fuse.ServedMount;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mount of a daemon that is gone, taken over while its users wait. The kernel notices nothing:
 * it holds the requests that nobody has read, the devices are the same, and there is no INIT again.
 *
 * <ol>
 *   <li>{@link #settle}: before the store records anything new, each receipt is settled: the record
 *       it names is there, so the request was executed, or not.
 *   <li>What was open is opened again, under the same numbers.
 *   <li>Each request that was read and not answered, as the kernel says when asked, is answered
 *       from its receipt, or else executed.
 *   <li>The workers start, and the kernel is told what it was owed.
 * </ol>
 *
 * <p>Used once, by one thread.
 */
public final class Takeover {
  private static final Logger LOG = LoggerFactory.getLogger(Takeover.class);

  private final MountMemory memory;
  private final List<Device> devices;

  private Takeover(MountMemory memory, List<Device> devices) {
    this.memory = memory;
    this.devices = devices;
  }

  /**
   * What a keeper holds.
   *
   * @throws MountException if this program can not read it
   */
  public static Takeover of(Keeper keeper) throws MountException {
    keeper.enter();
    try {
      MountMemory memory = MountMemory.inherited(keeper.memory().orElseThrow());
      List<Device> devices = keeper.devices().stream().map(Device::new).toList();
      if (devices.size() != memory.fullSlots()) {
        throw new MountException(
            Reason.FAILED,
            "the mount has %d devices and %d slots".formatted(devices.size(), memory.fullSlots()));
      }
      return new Takeover(memory, devices);
    } catch (IOException failed) {
      throw new MountException(Reason.FAILED, "the mount can not be taken over", failed);
    }
  }

  /**
   * Looks whether this program knows a mount's memory, and changes nothing.
   *
   * @param memory its descriptor
   * @throws MountException if it does not
   */
  public static void check(int memory) throws MountException {
    try {
      MountMemory.check(memory);
    } catch (IOException failed) {
      throw new MountException(Reason.FAILED, failed.getMessage(), failed);
    }
  }

  /**
   * To be called before the store records anything new.
   *
   * @param lastRecord the store's last
   */
  public void settle(long lastRecord) {
    for (int index = 0; index < memory.fullSlots(); index++) {
      new Slot(memory, index, devices.get(index).fd()).settle(lastRecord);
    }
  }

  /** Where what is taken over is mounted. */
  public Path mountpoint() {
    return memory.mountpoint();
  }

  /** Takes the mount over; on return it answers. */
  public Mount takeOver(FileSystem fileSystem, MountOptions options) throws MountException {
    Service service =
        new Service(fileSystem, devices, memory, options.cachePolicy(), LastResort.HALT);
    reopen(service.session());
    fileSystem.reopened();
    answer(service);
    service.start();
    return ServedMount.of(
        Mountpoint.taken(memory.mountpoint()),
        memory.deviceMinor(),
        service.connection(),
        service.notifier());
  }

  private static void reopen(Session session) throws MountException {
    List<ErrnoException> failures = new ArrayList<>();
    session
        .openTable()
        .forEach(
            (place, number, node, flags, processId, direct) -> {
              try {
                session
                    .openFiles()
                    .add(
                        new Handle(
                            number,
                            session.fileSystem().reopen(node, flags, processId, direct),
                            place));
                return true;
              } catch (ErrnoException e) {
                if (e.errno() != Errno.ESTALE) {
                  failures.add(e);
                  return true;
                }
                // its last close was under way
                LOG.info("inode {} is not open any more: {}", node, e.getMessage());
                return false;
              }
            });
    if (!failures.isEmpty()) {
      // what is wrong may not be so for the next daemon: better than a file that is dead for ever
      throw new MountException(
          Reason.FAILED, "what was open can not be opened again", failures.get(0));
    }
  }

  /** What nobody has answered, in the order in which it was asked. */
  private static void answer(Service service) {
    Session session = service.session();
    List<Slot> slots = service.slots();
    // what was parked a moment ago stands in its worker's slot still
    Set<Long> parked = session.parking().leftBehind();
    int[] unanswered =
        IntStream.range(0, slots.size())
            .filter(index -> slots.get(index).unique() != 0)
            .filter(index -> !parked.contains(slots.get(index).unique()))
            .boxed()
            .sorted(Comparator.comparing(index -> slots.get(index).unique(), Long::compareUnsigned))
            .mapToInt(Integer::intValue)
            .toArray();
    List<String> told = new ArrayList<>();
    for (int index : unanswered) {
      service.workers().get(index).takeUp().ifPresent(told::add);
    }
    session.parking().takeUp(service.devices(), session.fileSystem(), session.openFiles());
    LOG.info(
        "Taken over: {} files open, unanswered: {}, waiting for the disk: {}",
        session.openFiles().count(),
        told,
        parked.size());
  }
}
