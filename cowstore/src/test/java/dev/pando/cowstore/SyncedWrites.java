package dev.pando.cowstore;

import dev.pando.cowstore.schedule.Scenario;
import dev.pando.cowstore.schedule.Schedule;
import java.util.ArrayList;
import java.util.List;

/**
 * Several write blocks of one file and sync it, beside one who only syncs it, while the flush of a
 * neighbour in the same segment has made durable what was written before: whoever was told that it
 * is durable finds what it had written after the loss of power.
 */
public final class SyncedWrites implements Scenario {
  private static final int WRITERS = 2;
  private static final int BLOCK = 4096;

  @Override
  public void run(Schedule schedule) throws Exception {
    try (RaceStore race = new RaceStore(schedule)) {
      CowFile file = race.create();
      CowFile neighbour = race.create();
      Bytes bytes = new Bytes(race.store());
      bytes.fill(neighbour, 0, BLOCK, 9);
      bytes.fill(file, 0, WRITERS * BLOCK, 9);
      race.store().sync(List.of(file));
      bytes.fill(file, 0, WRITERS * BLOCK, 8);
      bytes.fill(neighbour, 0, BLOCK, 8);
      race.store().sync(List.of(neighbour));
      List<Schedule.Task> tasks = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        int writer = i;
        tasks.add(
            () -> {
              new Bytes(race.store()).fill(file, (long) writer * BLOCK, BLOCK, writer + 1);
              race.store().sync(List.of(file));
            });
      }
      tasks.add(() -> race.store().sync(List.of(file)));
      schedule.race(tasks);
      race.losePower(schedule.random().nextLong());
      CowFile found = race.store().file(file.id());
      for (int i = 0; i < WRITERS; i++) {
        new Bytes(race.store()).requireFilled(found, (long) i * BLOCK, BLOCK, i + 1);
      }
    }
  }
}
