package dev.pando.cowstore.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The host's own files: {@link StoreIo} by system calls. */
public final class NativeIo implements StoreIo {
  /**
   * A mapped file is filled in pieces of a page, and read ahead, for then the host caches it page
   * by page. Else it does so in units of up to 1 MiB, and a store to memory makes such a unit dirty
   * as a whole: each flush would write 1 MiB. (Not by MADV_RANDOM: such pages are the first to go.)
   */
  private static final int PAGE_BYTES = 4096;

  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  /** What Linux reads ahead at least if it is told to. */
  private static final int READ_AHEAD_BYTES = 128 << 10;

  @Override
  public StoreFile open(Path path, boolean create) throws IOException {
    if (!create || Files.exists(path)) {
      return NativeFile.open(path);
    }
    // first the directory: a file that is made and whose name is not synced would be taken for one
    try (NativeFile directory = NativeFile.openDirectory(path.getParent())) {
      NativeFile file = NativeFile.create(path);
      boolean durable = false;
      try {
        directory.sync();
        durable = true;
        return file;
      } finally {
        if (!durable) {
          file.close();
          Files.deleteIfExists(path);
        }
      }
    }
  }

  @Override
  public MappedFile map(Path path, int lengthBytes) throws IOException {
    boolean fill = !Files.exists(path) || Files.size(path) != lengthBytes;
    try (FileChannel channel =
        FileChannel.open(
            path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
      if (fill) {
        channel.truncate(0);
        ByteBuffer zeros = ByteBuffer.allocateDirect(PAGE_BYTES);
        for (long at = 0; at < lengthBytes; at += PAGE_BYTES) {
          zeros.clear().limit((int) Math.min(PAGE_BYTES, lengthBytes - at));
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
    NativeMemory result = NativeMemory.allocate(LibC.STATVFS_BYTES);
    while (LibC.CALLS.statvfs(path.toString(), result.address()) != 0) {
      if (LibC.errno() != LibC.EINTR) {
        throw new HostException("statvfs " + path, LibC.errno());
      }
    }
    ByteBuffer answer = result.buffer().order(ByteOrder.nativeOrder());
    return answer.getLong(LibC.STATVFS_BAVAIL_AT) * answer.getLong(LibC.STATVFS_FRSIZE_AT);
  }

  @Override
  public long device(Path path) throws IOException {
    return ((Number) Files.getAttribute(path, "unix:dev")).longValue();
  }

  @Override
  public String pageCache(Path path) throws IOException {
    String mounting = Mounting.of(path, device(path));
    return mounting.isEmpty() ? "" : Files.readString(BOOT_ID).strip() + " " + mounting;
  }

  @Override
  public FileSystemHold hold(Path path) throws IOException {
    return NativeHold.open(path);
  }

  private static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** The journal's mapping: fdatasync(2) on the file writes its dirty pages too. */
  private record NativeMapping(NativeFile file, MappedByteBuffer buffer) implements MappedFile {
    @Override
    public void readAhead(int offset, int length) {
      for (int at = 0; at < length; at += READ_AHEAD_BYTES) {
        file.readAhead(offset + at, Math.min(READ_AHEAD_BYTES, length - at));
      }
    }

    @Override
    public void force() throws IOException {
      file.sync();
    }

    /** By msync(2), which is fdatasync(2) of a part. */
    @Override
    public void force(int offset, int length) throws IOException {
      try {
        buffer.force(offset, length);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
