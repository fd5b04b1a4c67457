package dev.pando.cowstore.segment;

import dev.pando.cowstore.io.StoreFile;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/** One data file. Writes are counted, so that a flush knows whether it still has to be made. */
final class Segment {
  private static final long PUSH_OUT_BYTES = 8L << 20;

  final int index;
  private final StoreFile file;

  /** How many writes have ended. */
  private final AtomicLong written = new AtomicLong();

  private final AtomicLong unpushedBytes = new AtomicLong();

  /** Every write up to this number is durable. */
  private volatile long flushed;

  private final ReentrantLock flushing = new ReentrantLock();

  /** After a flush has failed the host may have dropped what it could not write: none succeeds. */
  private volatile IOException failure;

  Segment(int index, StoreFile file) {
    this.index = index;
    this.file = file;
  }

  void read(long address, int offsetInBlock, long memory, int length) throws IOException {
    file.read(((long) Block.inSegment(address) << Block.SHIFT) + offsetInBlock, memory, length);
  }

  void write(long address, int offsetInBlock, long memory, int length) throws IOException {
    file.write(((long) Block.inSegment(address) << Block.SHIFT) + offsetInBlock, memory, length);
    written.incrementAndGet();
    if (unpushedBytes.addAndGet(length) >= PUSH_OUT_BYTES) {
      unpushedBytes.set(0);
      file.pushOut(0, 0);
    }
  }

  void punch(int block, int count) throws IOException {
    file.punch((long) block << Block.SHIFT, (long) count << Block.SHIFT);
  }

  /** Allocates space on the host, which a flush makes durable; false if the host can not. */
  boolean allocate(int block, int count) throws IOException {
    boolean can = file.allocate((long) block << Block.SHIFT, (long) count << Block.SHIFT);
    written.incrementAndGet();
    return can;
  }

  boolean isDirty() {
    return flushed < written.get();
  }

  /**
   * Makes every write that ended before the call durable. Whoever waits here is served by a flush
   * that began after its write, or makes its own.
   */
  void flush() throws IOException {
    long target = written.get();
    if (flushed >= target && failure == null) {
      return;
    }
    flushing.lock();
    try {
      if (failure != null) {
        throw new IOException("an earlier flush of segment " + index + " failed", failure);
      }
      if (flushed >= target) {
        return;
      }
      long covered = written.get();
      file.sync();
      flushed = covered;
    } catch (IOException e) {
      failure = e;
      throw e;
    } finally {
      flushing.unlock();
    }
  }

  /** Makes the file durable, whether this process wrote to it or not. */
  void sync() throws IOException {
    file.sync();
  }

  void close() throws IOException {
    file.close();
  }
}
