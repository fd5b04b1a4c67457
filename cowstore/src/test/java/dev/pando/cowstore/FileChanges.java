package dev.pando.cowstore;

import dev.pando.cowstore.schedule.Scenario;
import dev.pando.cowstore.schedule.Schedule;
import dev.pando.cowstore.segment.Block;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Reads of two files beside a few of all the things that change what they hold, or where: writes,
 * holes, forks, removed forks and what follows them in the background, copies of ranges, searches
 * for equal blocks, sweeps, commits, compactions. Each schedule's number makes a choice of its own.
 */
public final class FileChanges implements Scenario {
  private static final int BLOCKS = 4;
  private static final int TASKS = 3;
  private static final int STEPS = 2;

  private Schedule schedule;
  private RaceStore race;
  private WatchedFile one;
  private WatchedFile other;
  private CowFile fork;
  private int value;

  @Override
  public void run(Schedule itself) throws Exception {
    schedule = itself;
    Random random = schedule.random();
    try (RaceStore opened = new RaceStore(schedule)) {
      race = opened;
      one = race.create("one", BLOCKS);
      other = race.create("the other", BLOCKS);
      WatchedFile neighbour = race.neighbour(255, BLOCKS);
      one.write(0, BLOCKS, ++value);
      other.write(0, BLOCKS, random.nextBoolean() ? value : ++value); // equal, or not
      if (random.nextBoolean()) {
        fork = race.fork(one);
      }
      List<Schedule.Task> tasks = new ArrayList<>(List.of(this::readBoth));
      for (int i = 0; i < TASKS - 1; i++) {
        List<Schedule.Task> steps = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
          steps.add(step(random));
        }
        tasks.add(
            () -> {
              for (Schedule.Task step : steps) {
                step.run();
              }
            });
      }
      schedule.race(tasks);
      readBoth();
      neighbour.read();
      race.store().reclaim();
      readBoth();
      neighbour.read();
    }
  }

  private void readBoth() throws StoreException {
    one.read();
    other.read();
  }

  /** Something to be done, with what it needs to know. */
  private Schedule.Task step(Random random) {
    WatchedFile file = random.nextBoolean() ? one : other;
    int first = random.nextInt(BLOCKS);
    int count = 1 + random.nextInt(BLOCKS - first);
    int written = ++value;
    return switch (random.nextInt(12)) {
      case 0, 1, 2 -> () -> file.write(first, count, written);
      case 3 -> () -> file.punch(first, count);
      case 4, 5 -> () -> forkAndCompare(file);
      case 6 -> this::removeFork;
      case 7 -> () -> copy(file, file == one ? other : one, first, count);
      case 8 -> this::dedupe;
      case 9 -> () -> race.store().reclaim();
      case 10 -> () -> race.store().commit();
      default -> () -> race.store().compact();
    };
  }

  private void forkAndCompare(WatchedFile file) throws StoreException {
    long from = schedule.now();
    CowFile copy = race.fork(file);
    file.requireMoment(copy, from, schedule.now());
  }

  private void removeFork() throws StoreException {
    CowFile removed = fork;
    fork = null;
    if (removed != null) {
      race.store().change().removeFile(removed).apply();
    }
  }

  /** What a block of the source may be in this time the target's may be after it. */
  private void copy(WatchedFile source, WatchedFile target, int first, int count)
      throws StoreException {
    long at = (long) first * Block.BYTES;
    target.copied(
        source,
        first,
        count,
        () -> source.file.copyRange(at, target.file, at, (long) count * Block.BYTES));
  }

  private void dedupe() throws StoreException {
    race.store().dedupe(List.of(one.file, other.file), id -> true, bytes -> true);
  }
}
