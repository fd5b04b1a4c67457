package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.StampLoad.Least;
import dev.pando.testing.Patience;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real processes, really killed, each verifying what those before it had acknowledged: among
 * writers, forks, freezes, dedupes, range copies, removals and reclaims. Two stores at a time;
 * {@code -Dpando.test.operations=N} gives each N kills.
 */
final class ProcessKillTest {
  private static final int KILLS = 40;
  private static final int MOST_WRITES = 500;

  /** How often all that a store consists of is verified: it takes as long as some kills. */
  private static final int KILLS_BETWEEN_CHECKS = 20;

  @TempDir Path directory;

  @Test
  void everythingAcknowledgedSurvivesKillMinusNine() throws Exception {
    List<CompletableFuture<Void>> lanes = new ArrayList<>();
    for (int lane = 0; lane < 2; lane++) {
      Path own = Files.createDirectory(directory.resolve("lane" + lane));
      lanes.add(CompletableFuture.runAsync(() -> kill(own), task -> new Thread(task).start()));
    }
    for (CompletableFuture<Void> lane : lanes) {
      lane.get(30, TimeUnit.MINUTES);
    }
  }

  private static void kill(Path own) {
    try {
      Path storeDirectory = own.resolve("store");
      Ledger ledger = StampWriter.ledger(own.resolve("ledger"));
      Random random = new Random();
      StampLoad load;
      try (CowStore store = CowStore.open(storeDirectory, StampWriter.options())) {
        load = StampLoad.create(store, StampWriter.SHAPE, ledger);
      }
      for (int kill = 1; kill <= Seeds.operations(KILLS); kill++) {
        Process process = start(own, load.fileIds(), random.nextInt(10_000));
        awaitWrites(process, load, load.acknowledged() + 1 + random.nextInt(MOST_WRITES));
        process.destroyForcibly().waitFor();
        if (kill % KILLS_BETWEEN_CHECKS == 0) {
          CheckReport report = CowStore.check(storeDirectory, false);
          assertTrue(report.isSound(), report::toString);
        }
      }
      try (CowStore store = CowStore.open(storeDirectory, StampWriter.options())) {
        load.requireAll(store, Least.ACKNOWLEDGED);
      }
    } catch (Exception e) {
      throw new CompletionException(e);
    }
  }

  private static Process start(Path own, long[] fileIds, int seed) throws Exception {
    List<String> arguments = new ArrayList<>();
    arguments.add(own.resolve("store").toString());
    arguments.add(own.resolve("ledger").toString());
    arguments.add(Integer.toString(seed));
    Arrays.stream(fileIds).mapToObj(Long::toString).forEach(arguments::add);
    return ChildJvm.start(own, StampWriter.class, arguments.toArray(String[]::new));
  }

  private static void awaitWrites(Process process, StampLoad load, long writes)
      throws InterruptedException {
    Patience.await(
        "enough writes",
        () -> {
          assertTrue(!process.waitFor(1, TimeUnit.MILLISECONDS), "the writer has ended");
          return load.acknowledged() >= writes;
        });
  }
}
