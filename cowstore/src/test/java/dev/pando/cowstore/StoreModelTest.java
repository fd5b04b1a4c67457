package dev.pando.cowstore;

import dev.pando.cowstore.RandomLoad.Fate;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever one caller does to the store, it holds what the plain model holds. */
final class StoreModelTest {
  private static final int OPERATIONS = 1200;

  @TempDir Path directory;

  static LongStream seeds() {
    return Seeds.of(4);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void everyOperationDoesWhatTheModelDoes(long seed) throws Exception {
    run(seed, Fate.CLOSE, Integer.MAX_VALUE);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aStoreClosedAndOpenedAgainIsTheSame(long seed) throws Exception {
    run(seed, Fate.CLOSE, 100);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aKillLosesNothingAcknowledged(long seed) throws Exception {
    run(seed, Fate.KILL, 60);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aStoreWhoseFilesAreAllRemovedIsEmptyAgain(long seed) throws Exception {
    try (Machine machine = new Machine(Files.createDirectory(directory.resolve("store")))) {
      RandomLoad load = new RandomLoad(seed, machine, false);
      load.run(Seeds.operations(OPERATIONS) / 4);
      load.end(Fate.KILL);
      load.removeAll();
      load.compare();
      awaitEmpty(machine.store());
    }
  }

  private void run(long seed, Fate fate, int longestLife) throws IOException, InterruptedException {
    Random random = new Random(~seed);
    try (Machine machine = new Machine(Files.createDirectory(directory.resolve("store")))) {
      RandomLoad load = new RandomLoad(seed, machine);
      int left = Seeds.operations(OPERATIONS);
      while (left > 0) {
        int life = Math.min(left, 1 + random.nextInt(longestLife));
        load.run(life);
        load.end(fate);
        left -= life;
      }
    }
  }

  private static void awaitEmpty(CowStore store) throws StoreException {
    Patience.await(
        "what is freed is free",
        () -> {
          store.commit();
          return store.stats().storedBytes() == 0;
        });
  }
}
