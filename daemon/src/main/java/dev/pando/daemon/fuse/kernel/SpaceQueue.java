package dev.pando.daemon.fuse.kernel;

import dev.pando.cowstore.io.LibC;
import dev.pando.daemon.fuse.FaultLog;
import dev.pando.daemon.fuse.LastResort;
import dev.pando.daemon.fuse.Linux;
import dev.pando.daemon.fuse.wire.Opcode;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.OpenFile;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes for which there is no space now, and some on its way back. They are parked, each with a
 * copy of its data, so that they keep no worker from serving others; one thread, which is there as
 * long as any waits, tries them again in their order whenever space may have come, until each is
 * done or refused. Thread-safe.
 *
 * <p>What they hold is bounded; a write beyond that is refused with ENOSPC. A daemon that takes
 * over answers the same to those that it finds: the data went with the one before.
 */
final class SpaceQueue {
  /** Bytes that writes hold while they wait. */
  static final long MOST_BYTES = 64L << 20;

  /** How often a write waits, some seconds at most each time. */
  private static final int MOST_TRIES = 20;

  private final ParkingLot parking;
  private final FaultLog faults;
  private final LastResort lastResort;

  /** What waits and is not being tried; guarded by this. */
  private final List<Waiting> added = new ArrayList<>();

  /** Guarded by this. */
  private long heldBytes;

  /** Guarded by this. */
  private boolean running;

  SpaceQueue(ParkingLot parking, FaultLog faults, LastResort lastResort) {
    this.parking = parking;
    this.faults = faults;
    this.lastResort = lastResort;
  }

  /** One write; used by one thread at a time. */
  private static final class Waiting {
    final ParkedRequest parked;
    final OpenFile file;
    final int openFlags;
    final long offset;
    final ByteBuffer data;
    int tries;

    Waiting(ParkedRequest parked, OpenFile file, int openFlags, long offset, ByteBuffer data) {
      this.parked = parked;
      this.file = file;
      this.openFlags = openFlags;
      this.offset = offset;
      this.data = data;
    }
  }

  /**
   * Takes over a worker's write.
   *
   * @param address of its data, which are copied
   * @return false if there is no room
   */
  boolean add(
      Request request,
      Device device,
      OpenFile file,
      int openFlags,
      long offset,
      long address,
      int length) {
    synchronized (this) {
      if (heldBytes + length > MOST_BYTES) {
        return false;
      }
      heldBytes += length;
    }
    ParkedRequest parked = null;
    try {
      ByteBuffer data = ByteBuffer.allocateDirect(length);
      long unused = LibC.CALLS.memcpy(Linux.addressOf(data), address, length);
      parked = parking.park(request, device, ParkedRequest.NOT_WRITTEN);
      if (parked != null) {
        start(new Waiting(parked, file, openFlags, offset, data));
      }
    } finally {
      if (parked == null) {
        gone(length);
      }
    }
    return parked != null;
  }

  private synchronized void start(Waiting waiting) {
    added.add(waiting);
    if (!running) {
      running = true;
      Thread unused = Service.start("pando-space-queue", this::run, lastResort);
    }
  }

  private synchronized void gone(int length) {
    heldBytes -= length;
  }

  private void run() {
    List<Waiting> waiting = new ArrayList<>();
    while (takeAdded(waiting)) {
      waiting.removeIf(this::isAnswered);
      if (!waiting.isEmpty()) {
        awaitSpace(waiting.get(0).file);
      }
    }
  }

  /** False if there is nothing more to do: the thread ends. */
  private synchronized boolean takeAdded(List<Waiting> waiting) {
    waiting.addAll(added);
    added.clear();
    running = !waiting.isEmpty();
    return running;
  }

  private void awaitSpace(OpenFile file) {
    try {
      file.awaitSpace();
    } catch (ErrnoException failed) {
      // each write finds that out by itself
    } catch (RuntimeException | Error fault) {
      failed(fault);
    }
  }

  /** Tries a write; whether it is done with. */
  private boolean isAnswered(Waiting waiting) {
    int length = waiting.data.capacity();
    try {
      int written = waiting.file.writeNow(waiting.offset, Linux.addressOf(waiting.data), length);
      if (written != OpenFile.NO_SPACE_NOW) {
        written(waiting, written);
      } else if (++waiting.tries < MOST_TRIES) {
        return false;
      } else {
        waiting.parked.completed(Errno.ENOSPC);
      }
    } catch (ErrnoException refused) {
      waiting.parked.completed(refused.errno());
    } catch (RuntimeException | Error fault) {
      failed(fault);
      waiting.parked.refuse(Errno.EIO);
    }
    gone(length);
    return true;
  }

  private static void written(Waiting waiting, int written) {
    waiting.parked.written(written);
    if ((waiting.openFlags & Linux.O_DSYNC) != 0) {
      boolean dataOnly = (waiting.openFlags & Linux.O_SYNC_METADATA) == 0;
      waiting.file.sync(dataOnly, waiting.parked);
    } else {
      waiting.parked.completed(0);
    }
  }

  private void failed(Throwable fault) {
    faults.report(Opcode.WRITE, fault);
    lastResort.failed(fault);
  }
}
