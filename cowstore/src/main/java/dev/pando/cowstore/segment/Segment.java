package dev.pando.cowstore.segment;

import dev.pando.cowstore.io.StoreFile;
import java.io.EOFException;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/** One data file. Writes are counted, so that a flush knows whether it still has to be made. */
final class Segment {
  /** Less than this is flushed at once; more is written out before, piece by piece. */
  private static final long SHORT_FLUSH_BYTES = 4L << 20;

  private static final int PIECE_BYTES = 1 << 20;

  final int index;
  private final StoreFile file;

  /** The first block behind those that may be written. */
  private final int end;

  /** Told before anyone else that a flush failed. */
  private final Runnable flushFailed;

  /** How many writes have ended. */
  private final AtomicLong written = new AtomicLong();

  /** How many of them a commit must not refer to before they are durable. */
  private final AtomicLong placed = new AtomicLong();

  /** Bytes written since the last flush began. */
  private final AtomicLong unflushedBytes = new AtomicLong();

  /** Every write up to this number is durable. */
  private volatile long flushed;

  /** Every one of those up to this number is durable. */
  private volatile long placedFlushed;

  private final ReentrantLock flushing = new ReentrantLock();

  /** After a flush has failed the host may have dropped what it could not write: none succeeds. */
  private volatile IOException failure;

  /**
   * @param end the first block behind those that may be written: a file that was cut short must not
   *     become longer, or what is lost would come to read as zeros
   */
  Segment(int index, StoreFile file, int end, Runnable flushFailed) {
    this.index = index;
    this.file = file;
    this.end = end;
    this.flushFailed = flushFailed;
  }

  void read(long address, int offsetInBlock, long memory, int length) throws IOException {
    file.read(((long) Block.inSegment(address) << Block.SHIFT) + offsetInBlock, memory, length);
  }

  void write(long address, int offsetInBlock, long memory, int length) throws IOException {
    int lastBlock = Block.inSegment(address) + ((offsetInBlock + length - 1) >>> Block.SHIFT);
    if (lastBlock >= end) {
      throw new EOFException("segment " + index + " has been cut short");
    }
    file.write(((long) Block.inSegment(address) << Block.SHIFT) + offsetInBlock, memory, length);
    unflushedBytes.addAndGet(length);
    written.incrementAndGet();
  }

  /** Writes what a commit makes durable before it refers to it. */
  void place(long address, int offsetInBlock, long memory, int length) throws IOException {
    write(address, offsetInBlock, memory, length);
    placed.incrementAndGet();
  }

  void punch(int block, int count) throws IOException {
    file.punch((long) block << Block.SHIFT, (long) count << Block.SHIFT);
  }

  /** Allocates space on the host, which a flush makes durable; false if the host can not. */
  boolean allocate(int block, int count) throws IOException {
    boolean can = file.allocate((long) block << Block.SHIFT, (long) count << Block.SHIFT);
    written.incrementAndGet();
    placed.incrementAndGet();
    return can;
  }

  /** The next block from {@code block} on that the host holds data for, whole; -1: none. */
  int nextData(int block) throws IOException {
    long at = file.seek((long) block << Block.SHIFT, true);
    return at < 0 ? -1 : (int) ((at + Block.BYTES - 1) >>> Block.SHIFT);
  }

  /** The next block from {@code block} on that the host has not all data for; -1: not known. */
  int nextHole(int block) throws IOException {
    long at = file.seek((long) block << Block.SHIFT, false);
    return at < 0 ? -1 : (int) (at >>> Block.SHIFT);
  }

  /** How many writes have ended: the number of the last one. */
  long writes() {
    return written.get();
  }

  /** Whether every write up to this number is durable. */
  boolean isFlushed(long write) {
    return flushed >= write;
  }

  /** Makes every write that ended before the call durable. */
  void flush() throws IOException {
    flush(written.get());
  }

  /**
   * Makes every write up to that number durable. Whoever waits here is served by a flush that began
   * after its write, or makes its own.
   */
  void flush(long target) throws IOException {
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
      long coveredPlaced = placed.get();
      long covered = written.get();
      unflushedBytes.set(0);
      file.sync();
      flushed = covered;
      placedFlushed = coveredPlaced;
    } catch (IOException e) {
      fail(e);
      throw e;
    } finally {
      flushing.unlock();
    }
  }

  /** As {@link #flush}, at that pace. */
  void flush(Pace pace) throws IOException {
    if (!isFlushed(written.get())) {
      writeOut(pace);
    }
    flush();
  }

  /** The same for what was placed. */
  void flushPlaced(Pace pace) throws IOException {
    if (placedFlushed < placed.get() || failure != null) {
      flush(pace);
    }
  }

  /** Writes out at that pace what a flush would otherwise do in one go. */
  private void writeOut(Pace pace) throws IOException {
    try {
      long bytes = (long) Block.PER_SEGMENT << Block.SHIFT;
      for (long at = 0; at < bytes && unflushedBytes.get() > SHORT_FLUSH_BYTES; at += PIECE_BYTES) {
        if (pace.await()) {
          file.writeOut(at, PIECE_BYTES);
        }
      }
    } catch (IOException e) {
      fail(e);
      throw e;
    }
  }

  private void fail(IOException cause) {
    flushFailed.run();
    failure = cause;
  }

  void close() throws IOException {
    file.close();
  }
}
