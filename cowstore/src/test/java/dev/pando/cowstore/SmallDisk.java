package dev.pando.cowstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** A small file system of its own, mounted for one test. Wants root. */
final class SmallDisk implements AutoCloseable {
  private static final int PIECE_BYTES = 1 << 20;

  /** Which file system it is. */
  enum Kind {
    TMPFS,
    EXT4
  }

  private final Path mountpoint;

  SmallDisk(Kind kind, Path directory, int mebibytes) throws IOException {
    mountpoint = Files.createDirectory(directory.resolve("disk"));
    if (kind == Kind.TMPFS) {
      run("mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "pando", mountpoint.toString());
      return;
    }
    Path image = directory.resolve("image");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength((long) mebibytes << 20);
    }
    run("mkfs.ext4", "-q", "-m", "0", image.toString());
    run("mount", "-o", "loop", image.toString(), mountpoint.toString());
  }

  Path path() {
    return mountpoint;
  }

  /** Another program takes all that is left. */
  void fill() throws IOException {
    try (FileChannel file =
        FileChannel.open(
            mountpoint.resolve("filler"), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      for (int bytes = PIECE_BYTES; bytes >= 1; bytes /= 2) {
        fill(file, bytes);
      }
    }
  }

  private static void fill(FileChannel file, int pieceBytes) {
    try {
      while (true) {
        file.write(ByteBuffer.allocate(pieceBytes));
      }
    } catch (IOException full) {
      // so it was to be
    }
  }

  private static void run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, process.onExit().join().exitValue(), List.of(command) + ": " + output);
  }

  @Override
  public void close() throws IOException {
    run("umount", "--lazy", mountpoint.toString());
  }
}
