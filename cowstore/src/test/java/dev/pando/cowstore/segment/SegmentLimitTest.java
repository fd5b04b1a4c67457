package dev.pando.cowstore.segment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.catalog.Catalog;
import dev.pando.cowstore.io.CappedIo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that has all the segments it can have gives every block of them out, and no more. */
final class SegmentLimitTest {
  private static final int LIMIT = 2;

  @TempDir Path directory;

  @Test
  void atTheLastSegmentEveryGroupGetsWhatIsLeftOfAny() throws Exception {
    CappedIo io = new CappedIo(64L << 30);
    try (Catalog catalog = Catalog.open(directory.resolve("catalog"));
        Segments segments = Segments.open(directory.resolve("segments"), io, LIMIT)) {
      Allocator allocator =
          new Allocator(segments, catalog, io, directory, 0, () -> Long.MAX_VALUE, () -> 0);
      Window[] groups = {new Window(1), new Window(2), new Window(3)};
      Runs taken = new Runs();
      for (long run = 0; run >= 0; ) {
        for (Window group : groups) {
          run = allocator.allocate(group, 256);
          if (run >= 0) {
            taken.add(Runs.address(run), Runs.count(run));
          }
        }
      }
      for (Window group : groups) {
        for (long run = allocator.allocate(group, 1); run >= 0; ) {
          taken.add(Runs.address(run), Runs.count(run));
          run = allocator.allocate(group, 1);
        }
      }
      // block 0 of the first is never used
      assertEquals((long) LIMIT * Block.PER_SEGMENT - 1, taken.blocks());
      allocator.release(taken);
      assertTrue(allocator.allocate(groups[0], 1) >= 0);
    }
  }

  @Test
  void aFileThatCanBeNoSegmentIsRefused() throws Exception {
    Files.createFile(directory.resolve("ffffffff"));
    IOException refused =
        assertThrows(
            IOException.class, () -> Segments.open(directory, new CappedIo(64L << 30)).close());
    assertTrue(refused.getMessage().contains("ffffffff"), refused::getMessage);
  }
}
