package dev.pando.cowstore.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A mapped file of the host. */
final class MappedFileTest {
  private static final int BYTES = 8 << 20;
  private static final int TIMES = 50;

  /** A flush of a few bytes writes a few pages, not what the host happens to cache in one piece. */
  @Test
  void littleIsWrittenWhenLittleWasPut(@TempDir Path directory) throws Exception {
    Path path = directory.resolve("mapped");
    try (MappedFile file = new NativeIo().map(path, BYTES)) {
      requireLittleWritten(file);
    }
    dropCache(path);
    try (MappedFile file = new NativeIo().map(path, BYTES)) {
      file.readAhead(0, BYTES);
      assertEquals((byte) (TIMES - 1), file.buffer().get((TIMES - 1) * 200));
      requireLittleWritten(file);
    }
  }

  private static void requireLittleWritten(MappedFile file) throws Exception {
    long before = writtenBytes();
    for (int i = 0; i < TIMES; i++) {
      file.buffer().put(i * 200, (byte) i);
      file.force();
    }
    long each = (writtenBytes() - before) / TIMES;
    assertTrue(each <= 64 << 10, each + " bytes written with each flush");
  }

  /** Has the host forget what it caches of a file, as it has after a start. */
  private static void dropCache(Path path) throws Exception {
    Process dd = new ProcessBuilder("dd", "if=" + path, "iflag=nocache", "count=0").start();
    assertEquals(0, dd.waitFor());
  }

  /** What this process has had written to disks, in pages made dirty. */
  private static long writtenBytes() throws Exception {
    return Files.readAllLines(Path.of("/proc/self/io")).stream()
        .filter(line -> line.startsWith("write_bytes: "))
        .mapToLong(line -> Long.parseLong(line.substring("write_bytes: ".length())))
        .findFirst()
        .orElseThrow();
  }
}
