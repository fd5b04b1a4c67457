package dev.pando.cowstore;

import dev.pando.cowstore.schedule.Scenario;
import dev.pando.cowstore.schedule.Schedule;
import dev.pando.cowstore.segment.Block;
import java.util.Random;

/**
 * Map pages are loaded from the catalog side by side, are changed, committed and forgotten: all see
 * the same page, and nobody an old one.
 */
public final class ForgottenPages implements Scenario {
  private static final int BLOCKS = 3;

  @Override
  public void run(Schedule schedule) throws Exception {
    Random random = schedule.random();
    try (RaceStore race = new RaceStore(schedule)) {
      WatchedFile file = race.create("the file", BLOCKS);
      file.write(0, BLOCKS, 1);
      file.file.reserve(2 << 20, Block.BYTES); // a second leaf: the root alone is never forgotten
      boolean forks = random.nextBoolean();
      if (forks) {
        race.fork(file); // does not have what is reserved
      }
      long id = file.file.id();
      file.file = null;
      race.reopen();
      boolean forgets = random.nextBoolean();
      int first = random.nextInt(BLOCKS);
      file.file = race.store().file(id);
      schedule.race(
          file::read,
          () -> {
            file.write(first, 1, 2);
            file.punch((first + 1) % BLOCKS, 1);
            file.read();
          },
          () -> {
            race.store().commit();
            race.store().commit();
          },
          () -> {
            if (forgets) {
              schedule.forgetWhatNobodyHolds();
              file.read();
            }
          });
      file.read();
      if (file.file.mappedBytes() != (BLOCKS - (forks ? 1L : 0L)) * Block.BYTES) {
        throw new AssertionError(file.file.mappedBytes() + " bytes are mapped");
      }
    }
  }
}
