package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pando.cowstore.StoreException.Reason;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store has one opener at a time, and one user. */
final class StoreLockTest {
  @TempDir Path directory;

  @Test
  void aNewStoreIsItsOwnersAlone() throws Exception {
    Path empty = Files.createDirectory(directory.resolve("empty"));
    Files.setPosixFilePermissions(empty, PosixFilePermissions.fromString("rwxr-xr-x"));
    for (Path path : List.of(empty, directory.resolve("new/store"))) {
      CowStore.open(path, Machine.options()).close();
      assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
    }
  }

  @Test
  void aSecondOpenerInTheSameProcessIsRefused() throws Exception {
    try (CowStore store = CowStore.open(storeDirectory(), Machine.options())) {
      assertEquals(Reason.IN_USE, refusal(storeDirectory()));
      assertEquals(StoreState.READY, store.state());
    }
  }

  @Test
  void aSecondOpenerByAnotherPathIsRefused() throws Exception {
    Path alias = directory.resolve("alias");
    try (CowStore store = CowStore.open(storeDirectory(), Machine.options())) {
      Files.createSymbolicLink(alias, storeDirectory());
      assertEquals(Reason.IN_USE, refusal(alias));
      assertEquals(StoreState.READY, store.state());
    }
  }

  @Test
  void aSecondOpenerInAnotherProcessIsRefused() throws Exception {
    try (CowStore store = CowStore.open(storeDirectory(), Machine.options())) {
      assertEquals("IN_USE", openInAnotherProcess());
      assertEquals(StoreState.READY, store.state());
    }
  }

  @Test
  void aReaderIsRefusedToo() throws Exception {
    try (CowStore store = CowStore.open(storeDirectory(), Machine.options())) {
      StoreException refusal =
          assertThrows(
              StoreException.class,
              () -> CowStore.open(storeDirectory(), Machine.options().withReadOnly(true)));
      assertEquals(Reason.IN_USE, refusal.reason());
      assertEquals(StoreState.READY, store.state());
    }
  }

  /** A lock that belongs to the process would go with the first descriptor that is closed. */
  @Test
  void whatIsRefusedInTheSameProcessLeavesOtherProcessesShutOut() throws Exception {
    try (CowStore store = CowStore.open(storeDirectory(), Machine.options())) {
      assertEquals(Reason.IN_USE, refusal(storeDirectory()));
      Files.newByteChannel(storeDirectory().resolve("lock")).close();
      assertEquals("IN_USE", openInAnotherProcess());
      assertEquals(StoreState.READY, store.state());
    }
    assertEquals("OPENED", openInAnotherProcess());
  }

  /** As programs before this one took it. */
  @Test
  void aRecordLockOfAnotherProcessShutsOut() throws Exception {
    CowStore.open(storeDirectory(), Machine.options()).close();
    Process holder =
        ChildJvm.start(
            directory, RecordLockHolder.class, storeDirectory().resolve("lock").toString());
    assertEquals('L', holder.getInputStream().read());
    assertEquals(Reason.IN_USE, refusal(storeDirectory()));
    holder.getOutputStream().close();
    assertEquals(0, holder.waitFor());
    CowStore.open(storeDirectory(), Machine.options()).close();
  }

  @Test
  void aClosedStoreCanBeOpenedByAnyone() throws Exception {
    CowStore.open(storeDirectory(), Machine.options()).close();
    assertEquals("OPENED", openInAnotherProcess());
    CowStore.open(storeDirectory(), Machine.options()).close();
  }

  @Test
  void aRefusedOpenerLeavesNothingLocked() throws Exception {
    try (CowStore store = CowStore.open(storeDirectory(), Machine.options())) {
      refusal(storeDirectory());
      assertEquals(StoreState.READY, store.state());
    }
    CowStore.open(storeDirectory(), Machine.options()).close();
  }

  private Path storeDirectory() {
    return directory.resolve("store");
  }

  private static Reason refusal(Path path) {
    return assertThrows(StoreException.class, () -> CowStore.open(path, Machine.options()))
        .reason();
  }

  private String openInAnotherProcess() throws Exception {
    Process process = ChildJvm.start(directory, SecondOpener.class, storeDirectory().toString());
    String answer =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertEquals(0, process.waitFor());
    return answer;
  }
}
