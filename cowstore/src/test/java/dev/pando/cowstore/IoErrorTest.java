package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.io.FailingIo;
import dev.pando.cowstore.io.FailingIo.Call;
import dev.pando.cowstore.io.RecordingIo;
import dev.pando.testing.Patience;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An error of the disk is told for what it is, and costs nothing that was acknowledged; one of a
 * flush nothing that was synced.
 */
final class IoErrorTest {
  @TempDir Path directory;

  private final FailingIo io = new FailingIo(new RecordingIo());

  @ParameterizedTest
  @EnumSource(Call.class)
  void whicheverCallFailsNothingAcknowledgedIsLost(Call call) throws Exception {
    long calls = countCalls(call);
    // of many calls every second one; all of them in a long run
    long step = calls > 40 && Integer.getInteger("pando.long", 1) == 1 ? 2 : 1;
    for (long n = 1; n <= calls; n += step) {
      for (int errno : errnos(call)) {
        try {
          failAt(call, n, errno);
        } catch (AssertionError | StoreException | RuntimeException e) {
          throw new AssertionError("%s %d of %d, errno %d".formatted(call, n, calls, errno), e);
        }
      }
    }
  }

  @Test
  void afterAFailedSyncNothingIsCalledDurable() throws Exception {
    for (Call call : List.of(Call.SYNC, Call.FORCE)) {
      FailingScenario scenario = fresh(call.name());
      scenario.open();
      scenario.run();
      scenario.write(3, 0, 5000);
      io.failOnce(call, 1, FailingIo.EIO);
      // a commit in the background may come first and leave a sync nothing to do; so does a write
      // in place a moment after another. Each of these makes the file longer
      for (int i = 0; i < 20 && scenario.refusals().isEmpty(); i++) {
        scenario.write(4, scenario.store().file(4).sizeBytes(), 5000);
        scenario.sync(4);
      }
      assertEquals(1, scenario.refusals().size(), "the sync that failed says so");
      assertEquals(StoreState.READ_ONLY, scenario.store().state());
      for (long id : new long[] {4, 3}) {
        assertThrows(StoreException.class, () -> Flush.sync(scenario.store().file(id)));
      }
      assertThrows(StoreException.class, () -> scenario.store().commit());
      Flush changes = new Flush();
      scenario.store().sync(changes);
      assertThrows(StoreException.class, changes::await);
      scenario.write(4, 0, 10);
      assertEquals(Reason.READ_ONLY, scenario.refusals().get(1).reason());
      scenario.compare();
      scenario.store().abandon();
    }
  }

  /** Space that the host does not take back is free in the store all the same. */
  @Test
  void aHostThatTakesNoSpaceBackCostsSpaceAndNothingElse() throws Exception {
    try (CowStore store = CowStore.open(directory, Machine.options().withIo(io))) {
      Bytes bytes = new Bytes(store);
      CowFile file = bytes.create();
      bytes.fill(file, 0, 8 << 20, 1);
      store.commit();
      io.failAll(Call.PUNCH, FailingIo.ENOSPC);
      file.unmap(0, 4 << 20);
      store.commit();
      Patience.await("a punch", () -> io.count(Call.PUNCH) > 0);
      assertEquals(StoreState.READY, store.state());
      assertEquals(4 << 20, store.stats().storedBytes());
      assertThrows(StoreException.class, store::reclaim);
      bytes.fill(file, 0, 2 << 20, 2);
      bytes.requireFilled(file, 0, 2 << 20, 2);
      bytes.requireFilled(file, 4 << 20, 4 << 20, 1);
      io.heal();
      long before = io.count(Call.PUNCH);
      store.reclaim();
      assertTrue(io.count(Call.PUNCH) > before, "what was refused is given back later");
    }
  }

  /** The flush that fails is made ahead of the sync, which must not find that all is done. */
  @Test
  void aSyncThatIsMadeAheadAndFailsIsRefused() throws Exception {
    FailingScenario scenario = fresh("ahead");
    scenario.open();
    scenario.run();
    for (int i = 0; i < 20; i++) {
      scenario.write(4, i * 4096L, 4096);
      scenario.sync(4);
    }
    assertEquals(List.of(), scenario.refusals());
    io.failAll(Call.SYNC, FailingIo.EIO);
    scenario.write(4, 0, 4096);
    assertEquals(List.of(), scenario.refusals(), "the write itself is in the host's cache");
    assertEquals(StoreState.READ_ONLY, scenario.store().state());
    scenario.sync(4);
    assertEquals(1, scenario.refusals().size());
    io.heal();
    scenario.sync(4);
    assertEquals(2, scenario.refusals().size(), "nothing is claimed after an error");
    scenario.compare();
    scenario.store().abandon();
  }

  @Test
  void aFullDiskRefusesWritersAndLosesNothing() throws Exception {
    FailingScenario scenario = fresh("full");
    scenario.open();
    scenario.run();
    io.failAll(Call.WRITE, FailingIo.ENOSPC);
    for (int i = 0; i < 5; i++) {
      scenario.write(4, i * 200_000L, 100_000);
    }
    assertEquals(5, scenario.refusals().size());
    scenario.refusals().forEach(refusal -> assertEquals(Reason.FULL, refusal.reason()));
    assertEquals(StoreState.READY, scenario.store().state());
    scenario.compare();
    io.heal();
    scenario.write(4, 0, 100_000);
    assertEquals(5, scenario.refusals().size(), "there is room again");
    scenario.store().close();
    scenario.open();
    scenario.compare();
    scenario.store().close();
  }

  @ParameterizedTest
  @EnumSource(Call.class)
  void whicheverCallFailsDuringRecoveryTheNextOneBringsAllIn(Call call) throws Exception {
    for (long n = 1; ; n++) {
      FailingScenario scenario = fresh("recovery-" + call + "-" + n, call);
      scenario.open();
      scenario.run();
      scenario.store().abandon();
      long before = io.count(call);
      io.failOnce(call, n, FailingIo.EIO);
      boolean reached;
      try {
        scenario.open();
        reached = io.count(call) >= before + n;
        scenario.store().abandon();
      } catch (StoreException e) {
        requireReason(e, call, FailingIo.EIO);
        reached = true;
      }
      io.heal();
      scenario.open();
      scenario.compareReopened();
      scenario.store().close();
      if (!reached) {
        return;
      }
    }
  }

  /** A process that has no descriptor, or no memory, for a moment has lost nothing but that. */
  @ParameterizedTest
  @EnumSource(names = {"OPEN", "SPACE", "ALLOCATE", "PUNCH", "READ", "WRITE"})
  void afterAShortageTheStoreGoesOn(Call call) throws Exception {
    long calls = countCalls(call);
    long step = calls > 40 && Integer.getInteger("pando.long", 1) == 1 ? 2 : 1;
    for (long n = 1; n <= calls; n += step) {
      FailingScenario scenario = fresh("short-" + call + "-" + n);
      io.failOnce(call, n, FailingIo.EMFILE);
      boolean opened = false;
      try {
        scenario.open();
        opened = true;
        scenario.run();
        String which = call + " " + n + " of " + calls;
        assertEquals(StoreState.READY, scenario.store().state(), which);
        for (StoreException refusal : scenario.refusals()) {
          assertTrue(
              refusal.reason() == Reason.IO || refusal.reason() == Reason.NO_SUCH_FILE, which);
        }
      } catch (StoreException e) {
        assertFalse(opened, "only the opening may fail: " + e);
        assertEquals(Reason.IO, e.reason());
        io.heal();
        scenario.open();
      }
      io.heal();
      scenario.compare();
      scenario.store().close();
    }
  }

  /** Runs the scenario with one failure, then again without, and compares at every turn. */
  private void failAt(Call call, long n, int errno) throws Exception {
    FailingScenario scenario = fresh(call + "-" + n + "-" + errno, call);
    io.failOnce(call, n, errno);
    boolean opened = false;
    try {
      scenario.open();
      opened = true;
      scenario.run();
      requireReasons(scenario, call, errno);
      scenario.compare();
      scenario.store().close();
    } catch (StoreException e) {
      requireReason(e, call, errno);
    }
    io.heal();
    if (opened && scenario.store().state() != StoreState.CLOSED) {
      scenario.store().abandon();
    }
    scenario.open();
    if (opened) {
      scenario.compareReopened();
    }
    assertEquals(StoreState.READY, scenario.store().state());
    scenario.store().close();
  }

  /** What the call fails with on a broken disk, and on a full one. */
  private static int[] errnos(Call call) {
    return call == Call.READ || call == Call.PUNCH
        ? new int[] {FailingIo.EIO}
        : new int[] {FailingIo.EIO, FailingIo.ENOSPC};
  }

  private static void requireReasons(FailingScenario scenario, Call call, int errno) {
    for (StoreException refusal : scenario.refusals()) {
      requireReason(refusal, call, errno);
    }
    if (call == Call.WRITE && errno == FailingIo.ENOSPC) {
      assertEquals(StoreState.READY, scenario.store().state());
      assertTrue(scenario.refusals().size() <= 1, "one write failed, one is refused");
    }
  }

  /**
   * The caller is told that the disk is full, or that it failed; later, that there is no way on.
   */
  private static void requireReason(StoreException refusal, Call call, int errno) {
    boolean full = errno == FailingIo.ENOSPC;
    Set<Reason> right =
        switch (call) {
          case OPEN, MAP, WRITE, ALLOCATE, SPACE -> Set.of(full ? Reason.FULL : Reason.IO);
          case READ, PUNCH -> Set.of(Reason.IO);
          case SYNC, FORCE -> full ? Set.of(Reason.IO, Reason.FULL) : Set.of(Reason.IO);
        };
    boolean follows =
        refusal.reason() == Reason.NO_SUCH_FILE || refusal.reason() == Reason.READ_ONLY;
    if (!right.contains(refusal.reason()) && !follows) {
      throw new AssertionError("the wrong reason: " + refusal.reason(), refusal);
    }
  }

  private long countCalls(Call call) throws Exception {
    FailingScenario scenario = fresh("counted");
    long before = io.count(call);
    scenario.open();
    scenario.run();
    scenario.store().close();
    assertEquals(List.of(), scenario.refusals());
    return io.count(call) - before;
  }

  private FailingScenario fresh(String name) throws Exception {
    return fresh(name, Call.OPEN);
  }

  private FailingScenario fresh(String name, Call failing) throws Exception {
    boolean flushFails = failing == Call.SYNC || failing == Call.FORCE;
    return new FailingScenario(Files.createDirectory(directory.resolve(name)), io, flushFails);
  }
}
