package dev.pando.daemon.vm.importing;

import dev.pando.cowstore.CowFile;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.making.ProgressListener;
import dev.pando.daemon.vm.making.SparseWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * Copies files of the host into the store: holes are not read, and blocks of zeros are left out.
 * Used by one thread.
 */
public final class ImageCopy {
  private final SparseWriter writer;

  /**
   * @param totalBytes of all files that will be copied
   */
  public ImageCopy(ProgressListener progress, long totalBytes) {
    this.writer = new SparseWriter(progress, "import", totalBytes);
  }

  /** Makes {@code target}, which is empty, the same as {@code source}. */
  public void copy(Path source, CowFile target) throws IOException, MachineException {
    try (FileChannel channel = FileChannel.open(source);
        HostHoles holes = new HostHoles(source, channel.size())) {
      long offset = skip(channel, holes, 0);
      while (fill(channel) > 0) {
        int length = writer.buffer().limit();
        writer.write(target, offset);
        offset = skip(channel, holes, offset + length);
      }
      SparseWriter.end(target, offset);
    }
  }

  private long skip(FileChannel channel, HostHoles holes, long offset)
      throws IOException, MachineException {
    long next = holes.nextData(offset);
    if (next > offset) {
      channel.position(next);
      writer.skip(next - offset);
    }
    return next;
  }

  private int fill(FileChannel channel) throws IOException {
    ByteBuffer buffer = writer.buffer().clear();
    int count; // a read may be short
    do {
      count = channel.read(buffer);
    } while (count >= 0 && buffer.hasRemaining());
    return buffer.flip().limit();
  }
}
