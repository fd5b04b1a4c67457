package dev.pando.cowstore;

import dev.pando.cowstore.schedule.Scenario;
import dev.pando.cowstore.schedule.Schedule;

/** What is punched while it is read, and committed, is not another file's before the read ends. */
public final class ReusedBlocks implements Scenario {
  private static final int BLOCKS = 3;
  private static final int OTHER_BLOCKS = 40;

  @Override
  public void run(Schedule schedule) throws Exception {
    try (RaceStore race = new RaceStore(schedule)) {
      WatchedFile file = race.create("the file", BLOCKS);
      WatchedFile other = race.create("the other", OTHER_BLOCKS);
      file.write(0, BLOCKS, 1);
      race.store().commit();
      int first = schedule.random().nextInt(BLOCKS);
      schedule.race(
          file::read,
          () -> {
            file.punch(first, BLOCKS - first);
            race.store().commit();
            race.store().engine().committer.awaitQuarantine();
            other.write(0, OTHER_BLOCKS, 2);
          });
      file.read();
      other.read();
    }
  }
}
