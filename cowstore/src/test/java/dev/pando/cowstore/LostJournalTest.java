package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.StoreException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
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
    String found = acceptLoss().toString();
    assertTrue(found.contains("accepted by request: the journal of"), found);
    assertTrue(found.contains("what was not synced may be lost: the journal is missing"), found);
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

  /** An empty one in its place would be a store without files, and their blocks free. */
  @Test
  void aStoreWithoutItsCatalogIsNotTakenForANewOne() throws Exception {
    Path away = directory.resolve("away");
    for (int session = 1; session <= 3; session++) {
      store.abandon();
      Files.move(storeDirectory.resolve("catalog"), away);
      assertEquals(Reason.FORMAT, refusal(), "in session " + session);
      assertEquals(Reason.FORMAT, refusal(), "asking does not make one, session " + session);
      Files.move(storeDirectory.resolve("catalog"), directory.resolve("empty" + session));
      Files.move(away, storeDirectory.resolve("catalog"));
      store = CowStore.open(storeDirectory, Machine.options());
      assertTrue(store.hasFile(committed.id()) && store.hasFile(uncommitted.id()));
    }
    store.close();
  }

  /** It bears a higher session than the store's own, and a whole header. */
  @Test
  void aForeignJournalBesideAClosedStoreIsKeptAsideAndTakesNothing() throws Exception {
    store.close();
    Path other = directory.resolve("other");
    for (int session = 0; session < 6; session++) {
      CowStore.open(other, Machine.options()).close();
    }
    Files.delete(journal());
    Files.copy(other.resolve("journal"), journal());
    byte[] foreign = Files.readAllBytes(journal());
    store = CowStore.open(storeDirectory, Machine.options());
    CowFile file = filled(3);
    store.abandon();
    assertTrue(isKeptAside(foreign));
    try (CowStore opened = CowStore.open(storeDirectory, Machine.options())) {
      new Bytes(opened).requireFilled(opened.file(file.id()), 0, FILE_BYTES, 3);
    }
  }

  /** The session numbers and those of the records are the same in both lines of its life. */
  @Test
  void theJournalOfAnotherLifeOfTheStoreIsNotMixedIn() throws Exception {
    store.close();
    Path saved = directory.resolve("saved");
    Files.copy(storeDirectory.resolve("catalog/data.mdb"), saved);
    store = CowStore.open(storeDirectory, Machine.options());
    for (int i = 0; i < 10; i++) {
      put(i, 1);
    }
    store.abandon();
    Files.copy(
        saved, storeDirectory.resolve("catalog/data.mdb"), StandardCopyOption.REPLACE_EXISTING);
    store = CowStore.open(storeDirectory, Machine.options());
    put(0, 2);
    store.abandon();
    try (CowStore opened = CowStore.open(storeDirectory, Machine.options())) {
      assertArrayEquals(new byte[] {2}, opened.record(new byte[] {0}));
      assertNull(opened.record(new byte[] {1}), "that was in the life that was given up");
    }
  }

  private void put(int key, int value) throws StoreException {
    store.change().put(new byte[] {(byte) key}, new byte[] {(byte) value}).apply();
  }

  /** What is told as lost is lost, what comes before is there, and the store goes on. */
  @Test
  void aDamagedJournalIsALossOfWhatFollowsToBeAccepted() throws Exception {
    for (int i = 0; i < 5; i++) {
      put(i, 1);
    }
    long position = store.engine().journal.fileOffset(store.engine().journal.position());
    for (int i = 5; i < 8; i++) {
      put(i, 1);
    }
    store.abandon();
    byte[] whole = Files.readAllBytes(journal());
    byte[] damaged = whole.clone();
    damaged[(int) position + 30] ^= 4;
    Files.write(journal(), damaged);
    StoreException refused =
        assertThrows(StoreException.class, () -> CowStore.open(storeDirectory, Machine.options()));
    assertEquals(Reason.LOSS, refused.reason());
    assertTrue(refused.getMessage().contains("at byte " + position), refused::getMessage);
    assertTrue(refused.getMessage().contains("the last 3 are lost"), refused::getMessage);
    CheckReport report = CowStore.check(storeDirectory, true);
    assertTrue(report.damage().get(0).contains("at byte " + position), report::toString);
    assertArrayEquals(damaged, Files.readAllBytes(journal()), "nothing has changed");
    store = CowStore.open(storeDirectory, Machine.options().withAcceptLoss(true));
    assertTrue(isKeptAside(damaged));
    assertArrayEquals(new byte[] {1}, store.record(new byte[] {4}));
    assertNull(store.record(new byte[] {5}));
    put(6, 2);
    store.abandon();
    try (CowStore opened = CowStore.open(storeDirectory, Machine.options())) {
      assertArrayEquals(new byte[] {2}, opened.record(new byte[] {6}));
      assertNull(opened.record(new byte[] {7}));
    }
    assertTrue(CowStore.check(storeDirectory, false).isSound());
  }

  /** Between the commit of a new session and its header in the journal the process may end. */
  @Test
  void anOpeningThatEndsBeforeTheJournalHasItsHeaderLosesNothing() throws Exception {
    store.close();
    byte[] journal = Files.readAllBytes(journal());
    CowStore.open(storeDirectory, Machine.options()).abandon();
    Files.write(journal(), journal);
    try (CowStore opened = CowStore.open(storeDirectory, Machine.options())) {
      new Bytes(opened).requireFilled(opened.file(uncommitted.id()), 0, FILE_BYTES, 2);
    }
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
  /** Returns what that opening has found. */
  private List<String> acceptLoss() throws StoreException {
    List<String> findings;
    StoreOptions accepting = Machine.options().withAcceptLoss(true);
    try (CowStore opened = CowStore.open(storeDirectory, accepting)) {
      findings = opened.findings();
      Bytes bytes = new Bytes(opened);
      bytes.requireFilled(opened.file(committed.id()), 0, FILE_BYTES, 1);
      assertFalse(opened.hasFile(uncommitted.id()));
      bytes.fill(bytes.create(), 0, FILE_BYTES, 3);
      bytes.requireFilled(opened.file(committed.id()), 0, FILE_BYTES, 1);
    }
    try (CowStore opened = CowStore.open(storeDirectory, Machine.options())) {
      assertEquals(List.of(), opened.findings(), "it is told once");
    }
    return findings;
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
