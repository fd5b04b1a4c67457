package dev.pando.cowstore;

import dev.pando.cowstore.schedule.Scenario;
import dev.pando.cowstore.schedule.Schedule;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The process is killed, or the power fails, among writes, syncs, commits and a fork, and again
 * while the next process brings in what the journal holds. What was acknowledged survives a kill,
 * what was synced the loss of power; and nothing is there that was never written.
 */
public final class Crashes implements Scenario {
  private static final int BLOCKS = 3;
  private static final int WRITERS = 2;

  private final List<WatchedFile> files = new ArrayList<>();
  private Schedule schedule;
  private RaceStore race;
  private int value;

  @Override
  public void run(Schedule itself) throws Exception {
    schedule = itself;
    Random random = schedule.random();
    boolean losesPower = random.nextInt(3) != 0;
    try (RaceStore opened = new RaceStore(schedule)) {
      race = opened;
      for (int i = 0; i < 2; i++) {
        WatchedFile file = race.create("file " + i, BLOCKS);
        file.write(0, BLOCKS, ++value);
        files.add(file);
      }
      race.store().commit();
      List<Schedule.Task> tasks = new ArrayList<>();
      if (random.nextInt(4) != 0) { // then what is written goes to new blocks
        race.fork(files.get(0));
        race.fork(files.get(1));
      }
      for (int i = 0; i < WRITERS; i++) {
        WatchedFile file = files.get(random.nextInt(files.size()));
        int first = random.nextInt(BLOCKS);
        int written = ++value;
        int again = ++value;
        boolean syncs = !losesPower || random.nextInt(3) != 0;
        Written before = random.nextInt(4) != 0 ? write(file, first, written) : null;
        tasks.add(
            () ->
                untilTheEnd(
                    () -> {
                      Written one = before != null ? before : write(file, first, written);
                      if (syncs) {
                        acknowledge(one, losesPower);
                        acknowledge(write(file, (first + 1) % BLOCKS, again), losesPower);
                      }
                    }));
      }
      boolean forks = random.nextBoolean();
      tasks.add(() -> untilTheEnd(() -> forkAndCommit(forks)));
      tasks.add(race::stop);
      schedule.race(tasks);
      List<Long> ids = files.stream().map(file -> file.file.id()).toList();
      race.stop();
      race.store().abandon();
      end(losesPower, random);
      if (random.nextBoolean()) {
        race.restart();
        schedule.race(() -> untilTheEnd(race::open), race::stop);
        race.stop();
        race.abandonIfOpen();
        end(losesPower, random);
      }
      race.restart();
      race.open();
      for (int i = 0; i < files.size(); i++) {
        files.get(i).file = race.store().file(ids.get(i));
        files.get(i).losesSectors = losesPower;
        files.get(i).read();
      }
    }
  }

  private void end(boolean losesPower, Random random) throws Exception {
    if (losesPower) {
      race.cutPower(random.nextLong());
    }
  }

  /** What fails when the process has ended was acknowledged to nobody. */
  private void untilTheEnd(Schedule.Task task) throws Exception {
    try {
      task.run();
    } catch (StoreException e) {
      if (!race.isStopped()) {
        throw e;
      }
    }
  }

  /** A write that may not have been acknowledged yet. */
  private record Written(WatchedFile file, List<Register.Write> writes) {}

  private static Written write(WatchedFile file, int block, int value) throws StoreException {
    return new Written(file, file.writeUnsynced(block, value));
  }

  /** Where the power fails a write counts when it is synced, else when it has returned. */
  private void acknowledge(Written written, boolean losesPower) throws StoreException {
    if (losesPower) {
      race.store().sync(List.of(written.file().file));
    }
    race.requireGoingOn();
    written.file().end(written.writes());
  }

  private void forkAndCommit(boolean forks) throws StoreException {
    if (forks) {
      race.fork(files.get(0));
    }
    race.store().commit();
  }
}
