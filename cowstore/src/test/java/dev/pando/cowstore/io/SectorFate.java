package dev.pando.cowstore.io;

import java.util.Random;

/**
 * Decides, sector by sector, what a power loss leaves on the disk. Some losses keep all that was
 * under way, some nothing, most a mixture; neighbours tend to share their fate, for runs of random
 * length, as they do when a disk writes them in one go.
 */
final class SectorFate {
  private static final double[] SHARES_THAT_SURVIVE = {0, 0.05, 0.5, 0.5, 0.95, 1};
  private static final int LONGEST_RUN_SECTORS = 24;

  private final Random random;
  private final double shareThatSurvives;
  private int runLeft;
  private boolean survives;

  SectorFate(Random random) {
    this.random = random;
    this.shareThatSurvives = SHARES_THAT_SURVIVE[random.nextInt(SHARES_THAT_SURVIVE.length)];
  }

  /** Which of {@code count} contents the sector has now; the last is the newest. */
  int choose(int count) {
    if (runLeft-- == 0) {
      runLeft = random.nextInt(LONGEST_RUN_SECTORS);
      survives = random.nextDouble() < shareThatSurvives;
    }
    return survives ? count - 1 : random.nextInt(count - 1);
  }
}
