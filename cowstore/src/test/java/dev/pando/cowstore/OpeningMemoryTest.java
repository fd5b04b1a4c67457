package dev.pando.cowstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pando.cowstore.catalog.Catalog;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store opens within a heap that does not grow with how its blocks lie. */
final class OpeningMemoryTest {
  private static final int CHUNK_BYTES = 1024;
  private static final long CHUNKS_PER_GIB = 32;
  private static final int GIB = 512;

  @TempDir Path directory;

  @Test
  void everyOtherBlockOfHalfATebibyteMayBeSharedBeyondItsFamily() throws Exception {
    Path path = directory.resolve("store");
    CowStore.open(path, Machine.options()).close();
    byte[] everyOther = new byte[CHUNK_BYTES];
    Arrays.fill(everyOther, (byte) 0x55);
    try (Catalog catalog = Catalog.open(path.resolve("catalog"));
        Catalog.Commit commit = catalog.begin()) {
      for (long chunk = 0; chunk < GIB * CHUNKS_PER_GIB; chunk++) {
        byte[] key = ByteBuffer.allocate(9).put(BeyondFamily.TABLE).putLong(chunk).array();
        commit.putRecord(key, everyOther);
      }
      commit.commit();
    }
    Process process = ChildJvm.start(directory, SecondOpener.class, path.toString());
    String said = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
    assertEquals(0, process.waitFor());
    assertEquals("OPENED", said);
  }
}
