package dev.pando.daemon.vm;

import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.StoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * Copies files of the host into the store and leaves blocks of zeros out: Java can not ask the host
 * for holes, but comparing costs less than reading. Used by one thread, with one buffer for all.
 */
final class ImageCopy {
  private static final int BUFFER_BYTES = 1 << 20;
  private static final int BLOCK_BYTES = 4096;

  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private final ByteBuffer zeros = ByteBuffer.allocateDirect(BLOCK_BYTES);
  private final ProgressListener progress;
  private final long totalBytes;
  private long doneBytes;

  /**
   * @param totalBytes of all files that will be copied
   */
  ImageCopy(ProgressListener progress, long totalBytes) {
    this.progress = progress;
    this.totalBytes = totalBytes;
  }

  /** Makes {@code target}, which is empty, the same as {@code source}. */
  void copy(Path source, CowFile target) throws IOException, MachineException {
    try (FileChannel channel = FileChannel.open(source)) {
      long offset = 0;
      while (fill(channel) > 0) {
        int length = buffer.limit();
        writeRuns(target, offset, length);
        offset += length;
        done(length);
      }
      if (target.sizeBytes() < offset) {
        target.resize(offset); // it ends with zeros
      }
    }
  }

  private void done(int length) throws MachineException {
    // a file that grows meanwhile does not make more than all of it
    doneBytes = Math.min(doneBytes + length, totalBytes);
    progress.progressed(doneBytes, totalBytes);
    if (Thread.interrupted()) {
      throw new MachineException(
          MachineException.Kind.FAILED, "The import was stopped. Nothing of it is left.");
    }
  }

  private int fill(FileChannel channel) throws IOException {
    buffer.clear();
    int count; // a read may be short
    do {
      count = channel.read(buffer);
    } while (count >= 0 && buffer.hasRemaining());
    return buffer.flip().limit();
  }

  /** Writes what is not zero, in runs of blocks as long as they are. */
  private void writeRuns(CowFile target, long offset, int length) throws StoreException {
    int at = 0;
    while (at < length) {
      if (isZero(at, length)) {
        at += BLOCK_BYTES;
        continue;
      }
      int start = at;
      while (at < length && !isZero(at, length)) {
        at += BLOCK_BYTES;
      }
      int end = Math.min(at, length);
      target.write(offset + start, buffer.slice(start, end - start));
    }
  }

  private boolean isZero(int at, int length) {
    int bytes = Math.min(BLOCK_BYTES, length - at);
    return buffer.slice(at, bytes).mismatch(zeros.slice(0, bytes)) < 0;
  }
}
