package dev.pando.daemon.vm.making;

import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.vm.files.MachineException;
import java.nio.ByteBuffer;

/**
 * Fills new files of the store from a buffer and leaves blocks of zeros out: comparing costs less
 * than storing. Tells how far it has come, and ends when it is not wanted any more, or its thread
 * is interrupted. Used by one thread, with one buffer for all files.
 */
public final class SparseWriter {
  private static final int BUFFER_BYTES = 1 << 20;
  private static final int BLOCK_BYTES = 4096;

  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private final ByteBuffer zeros = ByteBuffer.allocateDirect(BLOCK_BYTES);
  private final ProgressListener progress;
  private final String work;
  private final long totalBytes;
  private long doneBytes;

  /**
   * @param work what is stopped then: {@code import}
   * @param totalBytes of all that will be written, as far as it is known
   */
  public SparseWriter(ProgressListener progress, String work, long totalBytes) {
    this.progress = progress;
    this.work = work;
    this.totalBytes = totalBytes;
  }

  /** What is to be written next is put here, from the beginning. */
  public ByteBuffer buffer() {
    return buffer;
  }

  /** Writes what the buffer holds, up to its limit, to {@code offset}, which begins a block. */
  public void write(CowFile target, long offset) throws StoreException, MachineException {
    int length = buffer.limit();
    int at = 0;
    while (at < length) {
      int start = at;
      while (at < length && !isZero(at, length)) {
        at += BLOCK_BYTES;
      }
      if (at > start) {
        int end = Math.min(at, length);
        target.write(offset + start, buffer.slice(start, end - start));
      } else {
        at += BLOCK_BYTES;
      }
    }
    done(length);
  }

  /** So much is a hole, and is left one. */
  public void skip(long length) throws MachineException {
    done(length);
  }

  private boolean isZero(int at, int length) {
    int bytes = Math.min(BLOCK_BYTES, length - at);
    return buffer.slice(at, bytes).mismatch(zeros.slice(0, bytes)) < 0;
  }

  /** Makes the file as long as it has to be if it ends with zeros. */
  public static void end(CowFile target, long sizeBytes) throws StoreException {
    if (target.sizeBytes() < sizeBytes) {
      target.resize(sizeBytes);
    }
  }

  private void done(long length) throws MachineException {
    // a file that grows meanwhile does not make more than all of it
    doneBytes = Math.min(doneBytes + length, totalBytes);
    progress.progressed(doneBytes, totalBytes);
    progress.checkWanted(work);
  }
}
