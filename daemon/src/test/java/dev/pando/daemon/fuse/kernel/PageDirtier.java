package dev.pando.daemon.fuse.kernel;

import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Maps a file, writes to the mapping, prints {@code dirty} and stays until its input ends. */
final class PageDirtier {
  static final byte[] PATTERN = {'d', 'i', 'r', 't', 'y'};

  private PageDirtier() {}

  public static void main(String[] arguments) throws Exception {
    try (FileChannel channel =
        FileChannel.open(
            Path.of(arguments[0]), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MappedByteBuffer mapping = channel.map(FileChannel.MapMode.READ_WRITE, 0, channel.size());
      mapping.put(0, PATTERN);
      System.out.println("dirty");
      int unused = System.in.read();
    }
  }
}
