package dev.pando.daemon.vm.cloning;

import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.making.ProgressListener;
import dev.pando.daemon.vm.making.SparseWriter;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * Copies files of the store byte by byte, so that copy and source share no block. Holes are passed
 * over. Used by one thread.
 */
public final class FullCopy {
  private final SparseWriter writer;

  private FullCopy(SparseWriter writer) {
    this.writer = writer;
  }

  /**
   * Makes each value, an empty file, the same as its key, which nobody changes meanwhile.
   *
   * @param progress told of the bytes of data that are copied
   */
  public static void copy(Map<CowFile, CowFile> files, ProgressListener progress)
      throws StoreException, MachineException {
    long totalBytes = 0;
    for (CowFile source : files.keySet()) {
      totalBytes += dataBytes(source);
    }
    FullCopy copy = new FullCopy(new SparseWriter(progress, "clone", totalBytes));
    for (Map.Entry<CowFile, CowFile> file : files.entrySet()) {
      copy.copy(file.getKey(), file.getValue());
    }
  }

  private static long dataBytes(CowFile source) throws StoreException {
    long bytes = 0;
    for (long at = source.seekData(0); at >= 0; ) {
      long end = source.seekHole(at);
      bytes += end - at;
      at = source.seekData(end);
    }
    return bytes;
  }

  private void copy(CowFile source, CowFile target) throws StoreException, MachineException {
    for (long at = source.seekData(0); at >= 0; ) {
      long end = source.seekHole(at);
      copy(source, target, at, end);
      at = source.seekData(end);
    }
    SparseWriter.end(target, source.sizeBytes());
  }

  private void copy(CowFile source, CowFile target, long from, long to)
      throws StoreException, MachineException {
    long at = from;
    while (at < to) {
      ByteBuffer buffer = writer.buffer().clear();
      buffer.limit((int) Math.min(buffer.capacity(), to - at));
      int length = source.read(at, buffer);
      buffer.flip();
      writer.write(target, at);
      at += length;
    }
  }
}
