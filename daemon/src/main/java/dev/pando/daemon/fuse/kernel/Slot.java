package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.tree.Receipt;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * A full slot: where one worker's request and its reply lie, and the receipt that says whether it
 * was executed. Belongs to that worker.
 */
final class Slot implements Receipt {
  private static final long NO_RECORD = 0;
  private static final long EXECUTED = -1;

  private final MountMemory memory;
  private final int base;

  /**
   * @param fd through which its requests are read, for whoever finds one unanswered
   */
  Slot(MountMemory memory, int index, int fd) {
    this.memory = memory;
    this.base = memory.fullSlotAt(index);
    memory.buffer().putInt(base, fd);
  }

  MountMemory memory() {
    return memory;
  }

  ByteBuffer buffer() {
    return memory.buffer();
  }

  /** Where in the buffer the request's header begins. */
  int requestAt() {
    return base + MountMemory.REQUEST_AT;
  }

  /** Where in the buffer the reply's header begins. */
  int replyAt() {
    return base + MountMemory.REPLY_AT;
  }

  long requestAddress() {
    return memory.addressAt(requestAt());
  }

  long replyAddress() {
    return memory.addressAt(replyAt());
  }

  /** The {@code unique} of the request in it; 0: there is none. */
  long unique() {
    return buffer().getLong(requestAt() + MountMemory.UNIQUE_AT);
  }

  /** The slot holds no request, and no receipt. */
  void clear() {
    ByteBuffer buffer = buffer();
    buffer.putLong(requestAt() + MountMemory.UNIQUE_AT, 0);
    VarHandle.releaseFence();
    buffer.putLong(base + MountMemory.RECEIPT_AT, NO_RECORD);
    buffer.putInt(base + MountMemory.TRIES_AT, 0);
  }

  @Override
  public void recorded(long recordNumber, long node) {
    note(recordNumber, node);
  }

  /** The request was executed; what is left is to answer it with {@code result}. */
  void executed(long result) {
    note(EXECUTED, result);
  }

  private void note(long receipt, long result) {
    buffer().putLong(base + MountMemory.RESULT_AT, result);
    VarHandle.releaseFence();
    buffer().putLong(base + MountMemory.RECEIPT_AT, receipt);
    VarHandle.releaseFence();
  }

  /**
   * Settles, before anything new is recorded, whether a request that was to become a record did.
   *
   * @param lastRecord the last there is
   */
  void settle(long lastRecord) {
    long receipt = buffer().getLong(base + MountMemory.RECEIPT_AT);
    if (receipt > 0) {
      buffer().putLong(base + MountMemory.RECEIPT_AT, receipt <= lastRecord ? EXECUTED : NO_RECORD);
    }
  }

  /** Whether the request was executed, once that is settled. */
  boolean wasExecuted() {
    return buffer().getLong(base + MountMemory.RECEIPT_AT) == EXECUTED;
  }

  /** What an executed request made: a node, or a number of bytes. */
  long result() {
    return buffer().getLong(base + MountMemory.RESULT_AT);
  }

  /** Counts that its execution is begun again, and returns how often it was before. */
  int tryAgain() {
    int tries = buffer().getInt(base + MountMemory.TRIES_AT);
    buffer().putInt(base + MountMemory.TRIES_AT, tries + 1);
    VarHandle.releaseFence();
    return tries;
  }
}
