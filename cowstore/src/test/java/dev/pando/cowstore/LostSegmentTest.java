package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.StoreException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a segment file has lost is an error to its readers, and never zeros. */
final class LostSegmentTest {
  private static final int LEAF = 1 << 20;
  private static final int LEAVES = 4;

  /** Where the files are cut: in the third leaf. */
  private static final int KEPT_BYTES = 2 * LEAF + 40_000;

  @TempDir Path directory;
  private long id;

  /** What happens to the one segment file. */
  enum Fate {
    CUT_SHORT {
      @Override
      void to(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.truncate(KEPT_BYTES);
        }
      }
    },
    MISSING {
      @Override
      void to(Path file) throws IOException {
        Files.delete(file);
      }
    };

    abstract void to(Path file) throws IOException;
  }

  @BeforeEach
  void fill() throws StoreException {
    try (CowStore store = open()) {
      Bytes bytes = new Bytes(store);
      CowFile file = bytes.create();
      bytes.fill(file, 0, LEAVES * LEAF, 'a');
      id = file.id();
    }
  }

  private CowStore open() throws StoreException {
    return CowStore.open(directory, Machine.options());
  }

  private void harm(Fate fate) throws IOException {
    fate.to(directory.resolve("segments/00000000"));
  }

  private static void requireLost(CowFile file, long offset) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    StoreException read = assertThrows(StoreException.class, () -> file.read(offset, buffer));
    assertEquals(Reason.IO, read.reason());
    ByteBuffer block = ByteBuffer.allocateDirect(4096).put(0, (byte) 1);
    StoreException write = assertThrows(StoreException.class, () -> file.write(offset, block));
    assertEquals(Reason.IO, write.reason());
  }

  @ParameterizedTest
  @EnumSource
  void whatIsLostIsAnErrorToItsReadersAlsoAfterMoreWasWritten(Fate fate) throws Exception {
    harm(fate);
    for (int opening = 0; opening < 3; opening++) {
      try (CowStore store = open()) {
        assertEquals(StoreState.READY, store.state());
        assertEquals(1, store.losses().size(), () -> store.losses().toString());
        Bytes bytes = new Bytes(store);
        CowFile file = store.file(id);
        if (fate == Fate.CUT_SHORT) {
          bytes.requireFilled(file, 0, 2 * LEAF, 'a');
        }
        requireLost(file, 3 * LEAF);
        CowFile other = bytes.create();
        bytes.fill(other, 0, 2 * LEAF, 'b');
        store.commit();
        bytes.requireFilled(other, 0, 2 * LEAF, 'b');
        requireLost(file, (LEAVES * LEAF) - 4096);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void checkAndScrubFindWhatIsLost(Fate fate) throws Exception {
    harm(fate);
    CheckReport check = CowStore.check(directory, false);
    assertFalse(check.isSound());
    assertTrue(check.damage().get(0).startsWith("file " + id + " has lost"), check::toString);
    try (CowStore store = open()) {
      List<ScrubReport.Damage> damages = store.scrub(readBytes -> true).damages();
      assertFalse(damages.isEmpty());
      for (ScrubReport.Damage damage : damages) {
        assertEquals(id, damage.fileId());
        assertEquals(ScrubReport.Kind.UNREADABLE, damage.kind());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFileWithLostBlocksCanBeRemovedAndThenNothingIsLost(Fate fate) throws Exception {
    harm(fate);
    try (CowStore store = open()) {
      store.change().removeFile(store.file(id)).apply();
      store.reclaim();
    }
    assertTrue(CowStore.check(directory, false).isSound());
    try (CowStore store = open()) {
      assertEquals(List.of(), store.losses());
    }
  }

  @Test
  void aStoreThatWasKilledOpensThoughASegmentFileIsMissing() throws Exception {
    CowStore store = open();
    new Bytes(store).fill(store.file(id), 0, 4096, 'c');
    store.abandon();
    harm(Fate.MISSING);
    try (CowStore again = open()) {
      assertEquals(1, again.losses().size());
    }
  }

  @Test
  void reservedSpaceAndHolesAreNoLoss() throws Exception {
    try (CowStore store = open()) {
      CowFile file = new Bytes(store).create();
      file.reserve(0, 3 * LEAF);
      file.resize(5 * LEAF);
      store.file(id).unmap(LEAF, LEAF);
    }
    try (CowStore store = open()) {
      assertEquals(List.of(), store.losses());
    }
    assertTrue(CowStore.check(directory, false).isSound());
  }
}
