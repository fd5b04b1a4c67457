package dev.pando.daemon.vm;

import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.StoreException;
import java.nio.ByteBuffer;
import java.util.Map;

/** Placeholder until the copy engine is merged. */
final class FullCopy {
  private FullCopy() {}

  static void copy(Map<CowFile, CowFile> files, ProgressListener progress)
      throws StoreException, MachineException {
    long total = files.keySet().stream().mapToLong(CowFile::mappedBytes).sum();
    long done = 0;
    ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
    for (Map.Entry<CowFile, CowFile> file : files.entrySet()) {
      CowFile source = file.getKey();
      for (long at = source.seekData(0); at >= 0; at = source.seekData(at)) {
        long end = source.seekHole(at);
        while (at < end) {
          buffer.clear().limit((int) Math.min(buffer.capacity(), end - at));
          int n = source.read(at, buffer);
          if (n <= 0) {
            break;
          }
          buffer.flip();
          file.getValue().write(at, buffer);
          at += n;
          done = Math.min(total, done + n);
          progress.progressed(done, total);
        }
      }
      if (file.getValue().sizeBytes() < source.sizeBytes()) {
        file.getValue().resize(source.sizeBytes());
      }
    }
  }
}
