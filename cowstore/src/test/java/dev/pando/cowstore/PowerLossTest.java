package dev.pando.cowstore;

import dev.pando.cowstore.RandomLoad.Fate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * After a power loss what was synced is there, what was not is there or not, sector by sector; the
 * Changes that survive are a prefix of those applied, each whole.
 */
final class PowerLossTest {
  private static final int LOSSES = 25;
  private static final int LONGEST_LIFE_OPERATIONS = 30;

  @TempDir Path directory;

  static LongStream seeds() {
    return Seeds.of(40); // two tests, 25 losses each: 2,000 states
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void powerLossAfterPowerLossLosesNothingSynced(long seed) throws Exception {
    Random random = new Random(~seed);
    try (Machine machine = new Machine(Files.createDirectory(directory.resolve("store")))) {
      RandomLoad load = new RandomLoad(seed, machine);
      for (int loss = 0; loss < Seeds.operations(LOSSES); loss++) {
        load.run(1 + random.nextInt(LONGEST_LIFE_OPERATIONS));
        load.end(Fate.POWER_LOSS);
      }
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void killsAndPowerLossesInAnyOrderLoseNothingSynced(long seed) throws Exception {
    Random random = new Random(~seed);
    Fate[] fates = Fate.values();
    try (Machine machine = new Machine(Files.createDirectory(directory.resolve("store")))) {
      RandomLoad load = new RandomLoad(seed, machine);
      for (int loss = 0; loss < Seeds.operations(LOSSES); loss++) {
        load.run(1 + random.nextInt(LONGEST_LIFE_OPERATIONS));
        load.end(fates[random.nextInt(fates.length)]);
      }
    }
  }
}
