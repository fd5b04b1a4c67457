package dev.pando.cowstore;

import dev.pando.cowstore.schedule.Scenario;
import dev.pando.cowstore.schedule.Schedule;
import java.util.Random;

/**
 * Long reads beside whatever gives blocks, takes them and moves them; the free blocks lie each
 * between two of another file.
 */
public final class LongReads implements Scenario {
  private static final int BLOCKS = 6;
  private int value;

  @Override
  public void run(Schedule schedule) throws Exception {
    try (RaceStore race = new RaceStore(schedule)) {
      Random random = schedule.random();
      WatchedFile file = race.create("the file", BLOCKS);
      file.write(0, BLOCKS, ++value);
      WatchedFile neighbour = race.neighbour(255, BLOCKS);
      if (random.nextBoolean()) {
        file.punch(0, BLOCKS);
      }
      schedule.race(
          file::read,
          file::read,
          () -> {
            change(file, random);
            change(file, random);
          });
      file.read();
      neighbour.read();
    }
  }

  private void change(WatchedFile file, Random random) throws StoreException {
    int first = random.nextInt(4) != 0 ? 0 : random.nextInt(BLOCKS);
    int count = 1 + random.nextInt(BLOCKS - first);
    if (random.nextBoolean()) {
      file.punch(first, count);
    } else {
      file.write(first, count, ++value);
    }
  }
}
