package dev.pando.cowstore;

import dev.pando.cowstore.StampLoad.Fork;
import dev.pando.cowstore.StampLoad.Least;
import dev.pando.cowstore.StampLoad.Shape;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Writers side by side, on the same blocks and on different files, lose nothing. */
final class ConcurrentStoreTest {
  private static final int FILES = 3;
  private static final int WRITERS = 6;
  private static final int WRITES = 2500;
  private static final int KILLS = 3;
  private static final int FORKS = 5;
  private static final int MOST_FORKS = 60;
  private static final long FLUSH_NANOS = 100_000;
  private static final int SEEDS = 6;
  private static final int READERS = 2;
  private static final int CHANGES = 15_000;

  @TempDir Path directory;

  @ParameterizedTest(name = "cells of {0} bytes")
  @ValueSource(ints = {512, 4096, 6144, 20_480, 1 << 20})
  void writersAndForksSideBySideLoseNothing(int cellBytes) throws Exception {
    try (CowStore store = CowStore.open(directory, Machine.options())) {
      StampLoad load = load(store, cellBytes);
      AtomicBoolean stopped = new AtomicBoolean();
      Crew crew = new Crew();
      load.writers(store, 1, stopped::get).forEach(crew::start);
      List<Fork> forks = new ArrayList<>();
      Random random = new Random(1);
      long writes = writes(cellBytes);
      while (load.acknowledged() < writes && forks.size() < MOST_FORKS && !crew.hasFailed()) {
        forks.add(load.fork(store, random.nextInt(FILES)));
        store.commit();
        load.requireUnchanged(store, forks.get(random.nextInt(forks.size())));
      }
      stopped.set(true);
      crew.join();
      load.requireAll(store, Least.ACKNOWLEDGED);
      for (Fork fork : forks) {
        load.requireUnchanged(store, fork);
      }
    }
  }

  @ParameterizedTest(name = "cells of {0} bytes")
  @ValueSource(ints = {512, 4096, 6144, 20_480, 1 << 20})
  void everythingAcknowledgedSurvivesAKillAmongWriters(int cellBytes) throws Exception {
    try (Machine machine = new Machine(directory, FLUSH_NANOS)) {
      StampLoad load = load(machine.store(), cellBytes);
      Random random = new Random(cellBytes);
      for (int kill = 0; kill < Seeds.operations(KILLS); kill++) {
        List<Fork> forks =
            stopAmongWriters(machine, load, random, writes(cellBytes) / KILLS, FORKS);
        machine.kill();
        load.requireAll(machine.store(), Least.ACKNOWLEDGED);
        for (Fork fork : forks) {
          load.requireUnchanged(machine.store(), fork);
        }
      }
    }
  }

  @ParameterizedTest(name = "cells of {0} bytes")
  @ValueSource(ints = {512, 4096, 6144, 20_480, 1 << 20})
  void everythingSyncedSurvivesAPowerLossAmongWriters(int cellBytes) throws Exception {
    try (Machine machine = new Machine(directory, FLUSH_NANOS)) {
      StampLoad load = load(machine.store(), cellBytes);
      Random random = new Random(cellBytes);
      for (int loss = 0; loss < Seeds.operations(KILLS); loss++) {
        stopAmongWriters(machine, load, random, writes(cellBytes) / KILLS, 0);
        machine.losePower(random.nextLong());
        load.requireAll(machine.store(), Least.DURABLE);
      }
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aLongReadFindsEachBlockAsItIsBesideBlocksThatComeAndGo(long seed) throws Exception {
    try (CowStore store = CowStore.open(directory, Machine.options())) {
      ChurnLoad load = new ChurnLoad(store, seed);
      AtomicBoolean stopped = new AtomicBoolean();
      Crew readers = new Crew();
      for (int reader = 1; reader <= READERS; reader++) {
        readers.start(load.reader(seed * 100 + reader, stopped::get));
      }
      Crew writers = new Crew();
      load.writers(seed, Seeds.operations(CHANGES)).forEach(writers::start);
      writers.join();
      stopped.set(true);
      readers.join();
    }
  }

  static LongStream seeds() {
    return Seeds.of(SEEDS);
  }

  /** Lets writers write, forks beside them, and stops everything in the midst of it. */
  private static List<Fork> stopAmongWriters(
      Machine machine, StampLoad load, Random random, long writes, int forkCount) throws Exception {
    Crew crew = new Crew();
    CowStore store = machine.store();
    long until = load.acknowledged() + writes / 2 + random.nextInt((int) writes);
    load.writers(store, random.nextInt(), machine::isStopped).forEach(crew::start);
    List<Fork> forks = new ArrayList<>();
    while (load.acknowledged() < until && !crew.hasFailed()) {
      if (forks.size() < forkCount) {
        forks.add(load.fork(store, random.nextInt(FILES)));
      }
    }
    machine.stop();
    crew.join();
    return forks;
  }

  private static StampLoad load(CowStore store, int cellBytes) throws StoreException {
    int cells = WRITERS * (cellBytes < 1 << 20 ? 20 : 1);
    Shape shape = new Shape(FILES, cells, cellBytes, WRITERS);
    Ledger ledger = new Ledger(ByteBuffer.allocateDirect(Ledger.bytes(shape.allCells())));
    return StampLoad.create(store, shape, ledger);
  }

  private static long writes(int cellBytes) {
    return cellBytes < 1 << 20 ? WRITES : WRITES / 20;
  }
}
