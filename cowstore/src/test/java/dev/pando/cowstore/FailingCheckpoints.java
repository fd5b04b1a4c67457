package dev.pando.cowstore;

import dev.pando.cowstore.io.FailingIo;
import dev.pando.cowstore.schedule.Scenario;
import dev.pando.cowstore.schedule.Schedule;
import java.util.ArrayList;
import java.util.List;

/**
 * The disk fails while several wait for a commit or a sync: who was told that it is durable finds
 * what it had written after the loss of power.
 */
public final class FailingCheckpoints implements Scenario {
  private static final int WRITERS = 3;

  @Override
  public void run(Schedule schedule) throws Exception {
    try (RaceStore race = new RaceStore(schedule)) {
      List<CowFile> files = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        files.add(race.create());
      }
      race.store().commit();
      boolean[] durable = new boolean[WRITERS];
      List<Schedule.Task> tasks = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        int writer = i;
        boolean syncs = schedule.random().nextInt(8) == 0;
        new Bytes(race.store()).fill(files.get(i), 0, 4096, i + 1);
        tasks.add(() -> durable[writer] = makeDurable(race, files.get(writer), syncs));
      }
      FailingIo.Call call =
          schedule.random().nextInt(8) == 0 ? FailingIo.Call.FORCE : FailingIo.Call.SYNC;
      race.io.failOnce(call, 1 + schedule.random().nextInt(4) / 3, FailingIo.EIO);
      schedule.race(tasks);
      race.io.heal();
      List<Long> ids = files.stream().map(CowFile::id).toList();
      race.losePower(schedule.random().nextLong());
      for (int i = 0; i < WRITERS; i++) {
        if (durable[i]) {
          new Bytes(race.store()).requireFilled(race.store().file(ids.get(i)), 0, 4096, i + 1);
        }
      }
    }
  }

  /** Asks for what was written to be durable; whether that was said to be done. */
  private static boolean makeDurable(RaceStore race, CowFile file, boolean syncs) {
    try {
      if (syncs) {
        race.store().sync(List.of(file));
      } else {
        race.store().commit();
      }
      return true;
    } catch (StoreException e) {
      return false;
    }
  }
}
