package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.io.FailingIo;
import dev.pando.cowstore.io.FailingIo.Call;
import dev.pando.cowstore.io.NativeIo;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The end of a thread of the store is noticed: nobody waits for what it would have done. */
final class BackgroundThreadTest {
  /** More than there are threads that serve fsync. */
  private static final int MANY = 20;

  private static final class Fault extends Error {
    private static final long serialVersionUID = 1L;

    Fault() {
      super("a fault of a test");
    }
  }

  @TempDir Path directory;

  private final FailingIo io = new FailingIo(new NativeIo());
  private Thread.UncaughtExceptionHandler before;

  @BeforeEach
  void keepFaultsOffTheScreen() {
    before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, fault) -> {
          if (!(fault instanceof Fault)) {
            fault.printStackTrace();
          }
        });
  }

  @AfterEach
  void showFaults() {
    Thread.setDefaultUncaughtExceptionHandler(before);
  }

  @Test
  void aThreadThatEndsByAFaultEndsChanges() {
    Health health = new Health(false);
    run(
        new BackgroundThread(
            "pando-test",
            health,
            () -> {
              throw new Fault();
            }));
    assertEquals(StoreState.READ_ONLY, health.state());
    String sentence = assertThrows(StoreException.class, health::checkWritable).getMessage();
    assertTrue(sentence.contains("thread pando-test failed"), sentence);
  }

  @Test
  void aThreadThatEndsUntoldEndsChanges() {
    Health health = new Health(false);
    run(new BackgroundThread("pando-test", health, () -> {}));
    assertEquals(StoreState.READ_ONLY, health.state());
  }

  @Test
  void aThreadThatWasToldMayEnd() {
    Health health = new Health(false);
    BackgroundThread thread = new BackgroundThread("pando-test", health, () -> {});
    thread.letEnd();
    run(thread);
    assertEquals(StoreState.READY, health.state());
  }

  @Test
  void listenersThatThrowCostNobodyElseHisSync() throws Exception {
    try (CowStore store = open()) {
      Bytes bytes = new Bytes(store);
      CowFile file = bytes.create();
      for (int i = 0; i < MANY; i++) {
        syncAndThrow(bytes, file, new IllegalStateException("of a listener"));
      }
      bytes.fill(file, 0, 4096, 1);
      Flush.sync(file);
      assertEquals(StoreState.READY, store.state());
    }
  }

  @Test
  void whenEveryThreadThatSyncsHasEndedSyncsAreRefused() throws Exception {
    try (CowStore store = open()) {
      Bytes bytes = new Bytes(store);
      CowFile file = bytes.create();
      CowFile other = bytes.create();
      bytes.fill(other, 0, 4096, 1);
      for (int i = 0; i < MANY; i++) {
        syncAndThrow(bytes, file, new Fault());
      }
      StoreException refusal = assertThrows(StoreException.class, () -> Flush.sync(other));
      assertEquals(Reason.READ_ONLY, refusal.reason());
      assertEquals(StoreState.READ_ONLY, store.state());
      assertThrows(StoreException.class, store::close);
    } catch (StoreException e) {
      assertEquals(Reason.READ_ONLY, e.reason());
    }
  }

  @Test
  void whoWaitsForACommitIsRefusedWhenItsThreadHasEnded() throws Exception {
    CowStore store = open();
    Bytes bytes = new Bytes(store);
    CowFile file = bytes.create();
    bytes.fill(file, 0, 4096, 1);
    io.before(
        Call.SYNC,
        () -> {
          if (Thread.currentThread().getName().equals("pando-commit")) {
            throw new Fault();
          }
        });
    StoreException refusal = assertThrows(StoreException.class, store::commit);
    assertEquals(Reason.READ_ONLY, refusal.reason());
    assertTrue(refusal.getMessage().contains("a fault of a test"), refusal.getMessage());
    assertEquals(StoreState.READ_ONLY, store.state());
    assertThrows(StoreException.class, () -> bytes.fill(file, 0, 4096, 2));
    store.abandon();
  }

  private CowStore open() throws StoreException {
    return CowStore.open(directory.resolve("store"), Machine.options().withIo(io));
  }

  /** Syncs, with a listener that throws; returns when it has been told. */
  private static void syncAndThrow(Bytes bytes, CowFile file, Throwable fault)
      throws StoreException, InterruptedException {
    try {
      bytes.fill(file, 0, 4096, 7);
    } catch (StoreException e) {
      assertEquals(Reason.READ_ONLY, e.reason());
    }
    CountDownLatch told = new CountDownLatch(1);
    try {
      file.sync(
          false,
          failure -> {
            told.countDown();
            if (Thread.currentThread().getName().startsWith("pando-flush-")) {
              BackgroundThreadTest.<RuntimeException>raise(fault);
            }
          });
    } finally {
      assertTrue(told.await(5, TimeUnit.MINUTES), "a sync was not answered");
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <T extends Throwable> void raise(Throwable fault) throws T {
    throw (T) fault;
  }

  private static void run(BackgroundThread thread) {
    thread.start();
    thread.awaitEnd();
  }
}
