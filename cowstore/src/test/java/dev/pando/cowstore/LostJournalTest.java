package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.StoreException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store without its journal after an unclean end tells before anything is lost. */
final class LostJournalTest {
  private static final int FILE_BYTES = 10_000;

  @TempDir Path directory;
  private Path storeDirectory;
  private CowStore store;
  private CowFile committed;
  private CowFile uncommitted;

  @BeforeEach
  void open() throws StoreException {
    storeDirectory = directory.resolve("store");
    store = CowStore.open(storeDirectory, Machine.options());
    committed = filled(1);
    store.commit();
    uncommitted = filled(2);
  }

  @Test
  void aMissingJournalAfterAnUncleanEndIsALossToBeAccepted() throws Exception {
    store.abandon();
    Files.delete(journal());
    assertEquals(Reason.LOSS, refusal());
    assertEquals(Reason.LOSS, refusal(), "asking does not make it whole");
    acceptLoss();
  }

  @Test
  void aForeignJournalAfterAnUncleanEndIsALossAndKeptAside() throws Exception {
    store.abandon();
    Path other = directory.resolve("other");
    CowStore.open(other, Machine.options()).abandon();
    Files.move(journal(), directory.resolve("saved"));
    Files.copy(other.resolve("journal"), journal());
    assertEquals(Reason.LOSS, refusal());
    byte[] foreign = Files.readAllBytes(journal());
    acceptLoss();
    assertTrue(isKeptAside(foreign));
  }

  @Test
  void aJournalOfAnEarlierSessionIsALoss() throws Exception {
    Path old = directory.resolve("old");
    Files.copy(journal(), old);
    store.close();
    for (int session = 0; session < 2; session++) {
      CowStore.open(storeDirectory, Machine.options()).close();
    }
    CowStore.open(storeDirectory, Machine.options()).abandon();
    Files.delete(journal());
    Files.copy(old, journal());
    assertEquals(Reason.LOSS, refusal());
  }

  @Test
  void aMissingJournalAfterACleanEndIsNone() throws Exception {
    store.close();
    Files.delete(journal());
    try (CowStore opened = CowStore.open(storeDirectory, Machine.options())) {
      Bytes bytes = new Bytes(opened);
      bytes.requireFilled(opened.file(committed.id()), 0, FILE_BYTES, 1);
      bytes.requireFilled(opened.file(uncommitted.id()), 0, FILE_BYTES, 2);
    }
  }

  /** After the loss the last commit counts, and the store works. */
  private void acceptLoss() throws StoreException {
    StoreOptions accepting = Machine.options().withAcceptLoss(true);
    try (CowStore opened = CowStore.open(storeDirectory, accepting)) {
      Bytes bytes = new Bytes(opened);
      bytes.requireFilled(opened.file(committed.id()), 0, FILE_BYTES, 1);
      assertFalse(opened.hasFile(uncommitted.id()));
      bytes.fill(bytes.create(), 0, FILE_BYTES, 3);
      bytes.requireFilled(opened.file(committed.id()), 0, FILE_BYTES, 1);
    }
    CowStore.open(storeDirectory, Machine.options()).close();
  }

  private boolean isKeptAside(byte[] content) throws IOException {
    try (var files = Files.list(storeDirectory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (!file.equals(journal()) && Files.size(file) == content.length) {
          return Arrays.equals(Files.readAllBytes(file), content);
        }
      }
    }
    return false;
  }

  private Path journal() {
    return storeDirectory.resolve("journal");
  }

  private CowFile filled(int value) throws StoreException {
    Bytes bytes = new Bytes(store);
    CowFile file = bytes.create();
    bytes.fill(file, 0, FILE_BYTES, value);
    return file;
  }

  private Reason refusal() {
    return assertThrows(
            StoreException.class, () -> CowStore.open(storeDirectory, Machine.options()))
        .reason();
  }
}
