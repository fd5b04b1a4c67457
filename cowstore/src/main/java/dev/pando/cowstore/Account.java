package dev.pando.cowstore;

import dev.pando.cowstore.segment.Block;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The blocks that files of one group have of their own, against a limit. A writer charges what it
 * is about to take before it does, and gives the charge back when what it took is counted, so that
 * any number of writers together stay within the limit.
 */
final class Account {
  static final byte TABLE = 'Q';
  private static final int BYTES = 2 * Long.BYTES;

  final long group;

  /** In bytes; changed under the log lock. */
  private volatile long limitBytes;

  /** Changed under the log lock. */
  private volatile long usedBlocks;

  private final AtomicLong charged = new AtomicLong();

  /** Whether the next commit is to store it; guarded by the log lock. */
  private boolean changed;

  Account(long group, long limitBytes, long usedBlocks) {
    this.group = group;
    this.limitBytes = limitBytes;
    this.usedBlocks = usedBlocks;
  }

  static Account decode(long group, byte[] value) {
    ByteBuffer in = ByteBuffer.wrap(value);
    return new Account(group, in.getLong(), in.getLong());
  }

  byte[] encode() {
    return ByteBuffer.allocate(BYTES).putLong(limitBytes).putLong(usedBlocks).array();
  }

  Quota quota() {
    return new Quota(limitBytes, usedBlocks << Block.SHIFT);
  }

  long usedBlocks() {
    return usedBlocks;
  }

  void limit(long bytes) {
    limitBytes = bytes;
    changed = true;
  }

  /** Whether it changed since the last call; under the log lock. */
  boolean takeChanged() {
    boolean was = changed;
    changed = false;
    return was;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer, the holder of the log lock
  void count(long blocks) {
    usedBlocks += blocks;
    changed |= blocks != 0;
  }

  /** Takes so many blocks of what is left, until {@link #giveBack}; false if that is less. */
  boolean charge(long blocks) {
    long all = charged.addAndGet(blocks);
    if (blocks == 0 || (usedBlocks + all) <= limitBytes >>> Block.SHIFT) {
      return true;
    }
    charged.addAndGet(-blocks);
    return false;
  }

  StoreException isUsedUp() {
    return new StoreException(
        StoreException.Reason.QUOTA,
        "the quota of " + limitBytes + " bytes is used up, or what is left of it too little");
  }

  void giveBack(long blocks) {
    charged.addAndGet(-blocks);
  }
}
