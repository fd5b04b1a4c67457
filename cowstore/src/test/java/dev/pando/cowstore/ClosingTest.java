package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.io.FailingIo;
import dev.pando.cowstore.io.FailingIo.Call;
import dev.pando.cowstore.io.NativeIo;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who closes a store leaves nobody behind who still uses it: another may open it at once. */
@Timeout(Patience.HANG_SECONDS)
final class ClosingTest {
  private static final int MIB = 1 << 20;
  private static final int FILES = 6;

  @TempDir Path directory;

  private final FailingIo io = new FailingIo(new NativeIo());

  /** What lasts, and the call to the host during which the store is closed. */
  enum Lasting {
    COMPACT(Call.PUNCH) {
      @Override
      void run(CowStore store, List<CowFile> files) throws StoreException {
        store.compact();
      }
    },
    DEDUPE(Call.READ) {
      @Override
      void run(CowStore store, List<CowFile> files) throws StoreException {
        store.dedupe(files, id -> true, read -> true);
      }
    },
    SCRUB(Call.READ) {
      @Override
      void run(CowStore store, List<CowFile> files) throws StoreException {
        store.scrub(read -> true);
      }
    };

    private final Call call;

    Lasting(Call call) {
      this.call = call;
    }

    abstract void run(CowStore store, List<CowFile> files) throws StoreException;
  }

  @ParameterizedTest
  @EnumSource(Lasting.class)
  void whatLastsEndsBeforeTheStoreIsClosed(Lasting lasting) throws Exception {
    CowStore store = CowStore.open(directory, Machine.options().withIo(io));
    List<CowFile> files = files(store);
    CountDownLatch reached = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicReference<StoreException> end = new AtomicReference<>();
    Thread user =
        new Thread(
            () -> {
              try {
                lasting.run(store, files);
              } catch (StoreException e) {
                end.set(e);
              }
            });
    io.before(lasting.call, () -> waitIn(user, reached, goOn));
    user.start();
    assertTrue(reached.await(5, TimeUnit.MINUTES));
    Crew closers = new Crew();
    closers.start(
        () -> {
          try {
            store.close();
          } catch (StoreException e) {
            throw new AssertionError(e);
          }
        });
    user.join(300);
    goOn.countDown();
    closers.join();
    long calls = io.count(lasting.call);
    user.join();
    assertEquals(calls, io.count(lasting.call), "nothing is done with a closed store");
    assertEquals(StoreException.Reason.READ_ONLY, end.get().reason());
    CheckReport report = CowStore.checkClosed(directory, false);
    assertTrue(report.isSound(), report.damage() + " " + report.inaccuracies());
    assertThrows(StoreException.class, () -> lasting.run(store, files));
  }

  private static void waitIn(Thread user, CountDownLatch reached, CountDownLatch goOn) {
    if (Thread.currentThread() == user) {
      reached.countDown();
      try {
        goOn.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Files of equal data, with free runs between it. */
  private static List<CowFile> files(CowStore store) throws StoreException {
    Bytes bytes = new Bytes(store);
    List<CowFile> files = new ArrayList<>();
    for (int i = 0; i < FILES; i++) {
      CowFile file = bytes.create();
      bytes.fill(file, 0, 4 * MIB, 1);
      files.add(file);
    }
    store.commit();
    for (CowFile file : files) {
      file.unmap(MIB, MIB);
      file.unmap(3 * MIB, MIB / 2);
    }
    return files;
  }

  @Test
  void severalMayCompactAtATime() throws Exception {
    try (CowStore store = CowStore.open(directory, Machine.options())) {
      new Bytes(store).create();
      for (int round = 0; round < 10; round++) {
        Crew crew = new Crew();
        for (int i = 0; i < 3; i++) {
          crew.start(
              () -> {
                try {
                  store.compact();
                } catch (StoreException e) {
                  throw new AssertionError(e);
                }
              });
        }
        crew.join();
      }
    }
  }

  /** A store may have more segments than a process may have files open. */
  @Test
  void openingAfterACrashLeavesNoSegmentOpen() throws Exception {
    CowStore store = CowStore.open(directory, Machine.options());
    for (int group = 0; group < 20; group++) {
      long id = store.nextNumber();
      store.change().createFile(id, group + 1).apply();
      new Bytes(store).fill(store.file(id), 0, 4096, 1);
    }
    assertEquals(20, openSegments());
    store.abandon();
    assertEquals(0, openSegments());
    try (CowStore again = CowStore.open(directory, Machine.options())) {
      assertFalse(again.isCounted(1));
      assertEquals(0, openSegments());
    }
  }

  private long openSegments() throws IOException {
    long count = 0;
    try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path descriptor : open) {
        String target = Files.readSymbolicLink(descriptor).toString();
        count += target.startsWith(directory.toRealPath() + "/segments/") ? 1 : 0;
      }
    }
    return count;
  }
}
