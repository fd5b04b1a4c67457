package dev.pando.daemon.fuse.kernel;

import java.nio.ByteBuffer;

/** A full slot: where one worker's request and its reply lie. Belongs to that worker. */
final class Slot {
  private final SlotMemory memory;
  private final int base;

  /**
   * @param fd through which its requests are read, for whoever finds one unanswered
   */
  Slot(SlotMemory memory, int index, int fd) {
    this.memory = memory;
    this.base = memory.fullSlotAt(index);
    memory.buffer().putInt(base, fd);
  }

  SlotMemory memory() {
    return memory;
  }

  ByteBuffer buffer() {
    return memory.buffer();
  }

  /** Where in the buffer the request's header begins. */
  int requestAt() {
    return base + SlotMemory.REQUEST_AT;
  }

  /** Where in the buffer the reply's header begins. */
  int replyAt() {
    return base + SlotMemory.REPLY_AT;
  }

  long requestAddress() {
    return memory.addressAt(requestAt());
  }

  long replyAddress() {
    return memory.addressAt(replyAt());
  }

  /** The slot holds no request. */
  void clear() {
    buffer().putLong(requestAt() + SlotMemory.UNIQUE_AT, 0);
  }
}
