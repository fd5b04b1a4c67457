package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.wire.OutHeader;
import dev.pando.daemon.fuse.wire.WriteOut;
import dev.pando.daemon.tree.Completion;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A small slot, and the request in it, if any: one that was executed up to the point where only its
 * durability is waited for. {@link #completed} answers it, from whatever thread, through the device
 * it was read from. Used again and again.
 */
final class ParkedRequest implements Completion {
  /** What the reply has for a body when it has none. */
  static final int NO_BODY = -1;

  private final ParkingLot lot;
  private final SlotMemory memory;
  private final int slotAt;
  private final OutHeader header;
  private final WriteOut write;

  /** The request's {@code unique}; 0 when there is none, or none any more. */
  private final AtomicLong unique = new AtomicLong();

  /** Written before {@link #unique} is set, and not changed until it is 0 again. */
  private Device device;

  private int writtenBytes;

  ParkedRequest(ParkingLot lot, SlotMemory memory, int index) {
    this.lot = lot;
    this.memory = memory;
    this.slotAt = memory.smallSlotAt(index);
    int replyAt = slotAt + SlotMemory.SMALL_REPLY_AT;
    this.header = new OutHeader(memory.buffer(), replyAt);
    this.write = new WriteOut(memory.buffer(), replyAt + OutHeader.BYTES);
  }

  /**
   * Takes over a worker's request.
   *
   * @param written what a WRITE will be answered, or {@link #NO_BODY}
   */
  void take(Request request, Device from, int written) {
    device = from;
    writtenBytes = written;
    memory.buffer().putInt(slotAt + SlotMemory.SMALL_FD_AT, from.fd());
    memory.copyRequest(request.slot().requestAt(), slotAt);
    unique.set(request.header.unique());
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
    device.send(memory.addressAt(slotAt + SlotMemory.SMALL_REPLY_AT), OutHeader.BYTES + bodyBytes);
  }

  private void free() {
    memory.buffer().putLong(slotAt + SlotMemory.UNIQUE_AT, 0);
    device = null;
    lot.free(this);
  }
}
