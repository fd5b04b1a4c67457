package dev.pando.cowstore.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The host's own files: {@link StoreIo} by system calls. */
public final class NativeIo implements StoreIo {
  private static final int FILL_BYTES = 1 << 20;

  @Override
  public StoreFile open(Path path, boolean create) throws IOException {
    if (create && !Files.exists(path)) {
      Files.createFile(path);
      syncDirectory(path.getParent());
    }
    return NativeFile.open(path);
  }

  @Override
  public MappedFile map(Path path, int lengthBytes) throws IOException {
    boolean fill = !Files.exists(path) || Files.size(path) != lengthBytes;
    try (FileChannel channel =
        FileChannel.open(
            path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
      if (fill) {
        channel.truncate(0);
        ByteBuffer zeros = ByteBuffer.allocateDirect(FILL_BYTES);
        for (long at = 0; at < lengthBytes; at += FILL_BYTES) {
          zeros.clear().limit((int) Math.min(FILL_BYTES, lengthBytes - at));
          while (zeros.hasRemaining()) {
            channel.write(zeros, at + zeros.position());
          }
        }
        channel.force(true);
        syncDirectory(path.getParent());
      }
      MappedByteBuffer mapping = channel.map(FileChannel.MapMode.READ_WRITE, 0, lengthBytes);
      mapping.order(ByteOrder.LITTLE_ENDIAN);
      return new NativeMapping(NativeFile.open(path), mapping);
    }
  }

  @Override
  public long availableBytes(Path path) throws IOException {
    return Files.getFileStore(path).getUsableSpace();
  }

  @Override
  public long device(Path path) throws IOException {
    return ((Number) Files.getAttribute(path, "unix:dev")).longValue();
  }

  @Override
  public String bootId() throws IOException {
    return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
  }

  private static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** The journal's mapping: fdatasync(2) on the file writes its dirty pages too. */
  private record NativeMapping(StoreFile file, ByteBuffer buffer) implements MappedFile {
    @Override
    public void force() throws IOException {
      file.sync();
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
