package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.Linux;
import dev.pando.daemon.fuse.OpenFiles;
import dev.pando.daemon.fuse.wire.FsyncIn;
import dev.pando.daemon.fuse.wire.InHeader;
import dev.pando.daemon.fuse.wire.Opcode;
import dev.pando.daemon.fuse.wire.OutHeader;
import dev.pando.daemon.fuse.wire.Protocol;
import dev.pando.daemon.fuse.wire.WriteIn;
import dev.pando.daemon.fuse.wire.WriteOut;
import dev.pando.daemon.tree.Completion;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A small slot, and the request in it, if any: one that was executed up to the point where only its
 * durability is waited for, or a WRITE for which there is no space yet. {@link #completed} answers
 * it, from whatever thread, through the device it was read from. Used again and again.
 */
final class ParkedRequest implements Completion {
  /** What the reply has for a body when it has none. */
  static final int NO_BODY = -1;

  /** The same for a WRITE that was not executed, whose data the daemon that parked it had. */
  static final int NOT_WRITTEN = -2;

  private final ParkingLot lot;
  private final MountMemory memory;
  private final int slotAt;
  private final OutHeader header;
  private final WriteOut write;

  /** The request's {@code unique}; 0 when there is none, or none any more. */
  private final AtomicLong unique = new AtomicLong();

  /** Written before {@link #unique} is set, and not changed until it is 0 again. */
  private Device device;

  private int writtenBytes;

  ParkedRequest(ParkingLot lot, MountMemory memory, int index) {
    this.lot = lot;
    this.memory = memory;
    this.slotAt = memory.smallSlotAt(index);
    int replyAt = slotAt + MountMemory.SMALL_REPLY_AT;
    this.header = new OutHeader(memory.buffer(), replyAt);
    this.write = new WriteOut(memory.buffer(), replyAt + OutHeader.BYTES);
  }

  /**
   * Takes over a worker's request.
   *
   * @param written what a WRITE will be answered, {@link #NOT_WRITTEN}, or {@link #NO_BODY}
   */
  void take(Request request, Device from, int written) {
    device = from;
    writtenBytes = written;
    memory.buffer().putInt(slotAt + MountMemory.SMALL_FD_AT, from.fd());
    memory.buffer().putInt(slotAt + MountMemory.SMALL_WRITTEN_AT, written);
    memory.copyRequest(request.slot().requestAt(), slotAt);
    unique.set(request.header.unique());
  }

  /** A WRITE that waited for space has been executed. */
  void written(int bytes) {
    memory.buffer().putInt(slotAt + MountMemory.SMALL_WRITTEN_AT, bytes);
    writtenBytes = bytes;
  }

  /** The {@code unique} of a request that an earlier daemon left here; 0: none. */
  long leftBehind() {
    return memory.buffer().getLong(slotAt + MountMemory.UNIQUE_AT);
  }

  /**
   * Takes up what an earlier daemon left here, if the kernel waits for it still; the caller has
   * entered the connection for it.
   *
   * @param devices one of which it was read from
   */
  void takeUp(List<Device> devices, FileSystem fileSystem, OpenFiles openFiles) {
    ByteBuffer buffer = memory.buffer();
    long number = leftBehind();
    int fd = buffer.getInt(slotAt + MountMemory.SMALL_FD_AT);
    device = devices.stream().filter(each -> each.fd() == fd).findFirst().orElse(null);
    if (device == null || !device.awaits(number)) {
      free();
      return;
    }
    writtenBytes = buffer.getInt(slotAt + MountMemory.SMALL_WRITTEN_AT);
    unique.set(number);
    if (writtenBytes == NOT_WRITTEN) {
      completed(Errno.ENOSPC); // what was to be written went with that daemon
      return;
    }
    int bodyAt = slotAt + InHeader.BYTES;
    InHeader asked = new InHeader(buffer, slotAt);
    try {
      if (Opcode.of(asked.opcode()) == Opcode.FSYNCDIR) {
        fileSystem.syncDirectory(asked.node(), this);
      } else if (writtenBytes == NO_BODY) {
        FsyncIn fsync = new FsyncIn(buffer, bodyAt);
        boolean dataOnly = (fsync.flags() & Protocol.FSYNC_FDATASYNC) != 0;
        openFiles.get(fsync.fileHandle()).file().sync(dataOnly, this);
      } else {
        WriteIn in = new WriteIn(buffer, bodyAt);
        boolean dataOnly = (in.flags() & Linux.O_SYNC_METADATA) == 0;
        openFiles.get(in.fileHandle()).file().sync(dataOnly, this);
      }
    } catch (ErrnoException refused) {
      completed(refused.errno());
    }
  }

  /** Answers the request. */
  @Override
  public void completed(int errno) {
    long number = unique.getAndSet(0);
    if (number == 0) {
      throw new IllegalStateException("a request was completed twice");
    }
    answer(number, errno);
    free();
  }

  /** Answers the request unless that was done. */
  void refuse(int errno) {
    if (unique.get() != 0) {
      completed(errno);
    }
  }

  /**
   * Gives the request back to its worker unanswered.
   *
   * @return false if it has been answered
   */
  boolean giveBack(long number) {
    if (!unique.compareAndSet(number, 0)) {
      return false;
    }
    free();
    return true;
  }

  private void answer(long number, int errno) {
    int bodyBytes = 0;
    if (errno == 0 && writtenBytes != NO_BODY) {
      write.sizeBytes(writtenBytes);
      write.padding(0);
      bodyBytes = WriteOut.BYTES;
    }
    header.lengthBytes(OutHeader.BYTES + bodyBytes);
    header.error(-errno);
    header.unique(number);
    // whoever waited may be gone with the mount: there is nobody to tell of an error
    device.send(memory.addressAt(slotAt + MountMemory.SMALL_REPLY_AT), OutHeader.BYTES + bodyBytes);
  }

  private void free() {
    memory.buffer().putLong(slotAt + MountMemory.UNIQUE_AT, 0);
    device = null;
    lot.free(this);
  }
}
