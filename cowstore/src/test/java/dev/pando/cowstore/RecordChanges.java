package dev.pando.cowstore;

import dev.pando.cowstore.schedule.Scenario;
import dev.pando.cowstore.schedule.Schedule;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Records are put, removed, looked for and scanned while they move from memory to the catalog, and
 * the catalog is written anew. A value is its number, 0 for none.
 */
public final class RecordChanges implements Scenario {
  private static final int KEYS = 3;
  private static final int STEPS = 3;

  private final Register[] records = new Register[KEYS];
  private Schedule schedule;
  private CowStore store;
  private int value;

  @Override
  public void run(Schedule itself) throws Exception {
    schedule = itself;
    Random random = schedule.random();
    try (RaceStore race = new RaceStore(schedule)) {
      store = race.store();
      for (int i = 0; i < KEYS; i++) {
        records[i] = new Register("record " + i, 0);
      }
      put(0, ++value);
      put(1, ++value);
      store.commit();
      if (random.nextBoolean()) {
        put(1, ++value);
      }
      List<Schedule.Task> writes = new ArrayList<>();
      for (int i = 0; i < STEPS; i++) {
        int key = random.nextInt(KEYS);
        int put = random.nextInt(3) == 0 ? 0 : ++value;
        writes.add(() -> put(key, put));
      }
      boolean compacts = random.nextInt(4) == 0;
      schedule.race(
          () -> {
            for (Schedule.Task write : writes) {
              write.run();
            }
          },
          () -> {
            get(0);
            scan();
            get(1);
          },
          () -> {
            store.commit();
            if (compacts) {
              store.compact();
            } else {
              store.commitRecords();
            }
          });
      scan();
    }
  }

  private static byte[] key(int key) {
    return new byte[] {(byte) key};
  }

  private void put(int key, int put) throws StoreException {
    Register.Write write = records[key].begin(put, schedule.now());
    Change change = store.change();
    (put == 0 ? change.remove(key(key)) : change.put(key(key), key(put))).apply();
    write.end(schedule.now());
  }

  private void get(int key) throws StoreException {
    long from = schedule.now();
    byte[] found = store.record(key(key));
    records[key].require(found == null ? 0 : found[0], from, schedule.now());
  }

  private void scan() throws StoreException {
    long from = schedule.now();
    int[] found = new int[KEYS];
    int[] last = {-1};
    store.scan(
        key(0),
        key(KEYS),
        (key, value) -> {
          if (key[0] <= last[0]) {
            throw new AssertionError("record " + key[0] + " comes after " + last[0]);
          }
          last[0] = key[0];
          found[key[0]] = value[0];
          return true;
        });
    long to = schedule.now();
    for (int i = 0; i < KEYS; i++) {
      records[i].require(found[i], from, to);
    }
  }
}
