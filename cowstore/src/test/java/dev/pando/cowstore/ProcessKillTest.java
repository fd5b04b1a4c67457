package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.StampLoad.Least;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real process, really killed, among its writers. */
final class ProcessKillTest {
  private static final int KILLS = 3;
  private static final int MOST_WRITES = 3000;

  @TempDir Path directory;

  @Test
  void everythingAcknowledgedSurvivesKillMinusNine() throws Exception {
    Path storeDirectory = directory.resolve("store");
    Ledger ledger = StampWriter.ledger(directory.resolve("ledger"));
    Random random = new Random();
    StampLoad load;
    try (CowStore store = CowStore.open(storeDirectory, StampWriter.options())) {
      load = StampLoad.create(store, StampWriter.SHAPE, ledger);
    }
    for (int kill = 0; kill < Seeds.operations(KILLS); kill++) {
      Process process = start(storeDirectory, load.fileIds(), random.nextInt(10_000));
      awaitWrites(process, load, load.acknowledged() + 1 + random.nextInt(MOST_WRITES));
      process.destroyForcibly().waitFor();
      try (CowStore store = CowStore.open(storeDirectory, StampWriter.options())) {
        load.requireAll(store, Least.ACKNOWLEDGED);
      }
    }
  }

  private Process start(Path storeDirectory, long[] fileIds, int seed) throws Exception {
    List<String> arguments = new ArrayList<>();
    arguments.add(storeDirectory.toString());
    arguments.add(directory.resolve("ledger").toString());
    arguments.add(Integer.toString(seed));
    Arrays.stream(fileIds).mapToObj(Long::toString).forEach(arguments::add);
    return ChildJvm.start(StampWriter.class, arguments.toArray(String[]::new));
  }

  private static void awaitWrites(Process process, StampLoad load, long writes)
      throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (load.acknowledged() < writes) {
      assertTrue(System.nanoTime() < deadline, "the writer is too slow");
      assertTrue(!process.waitFor(1, TimeUnit.MILLISECONDS), "the writer has ended");
    }
  }
}
