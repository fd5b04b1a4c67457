package dev.pando.cowstore;

import dev.pando.cowstore.io.FailingIo;
import dev.pando.cowstore.io.RecordingIo;
import dev.pando.cowstore.schedule.Schedule;
import java.io.IOException;

/** A store for scenarios: on a machine that can be switched off, whose disk can fail. */
final class RaceStore implements AutoCloseable {
  private static final long ROOM_BYTES = 16 << 20;

  private final RecordingIo machine = new RecordingIo();
  final FailingIo io = new FailingIo(machine);
  private final Schedule schedule;
  private CowStore store;

  RaceStore(Schedule schedule) throws StoreException {
    this.schedule = schedule;
    io.tellRoom(ROOM_BYTES); // or each store has the host back 64 MiB ahead
    open();
  }

  /** Opens the store again; by a new process, after {@link #restart}. */
  void open() throws StoreException {
    store =
        CowStore.open(
            schedule.directory().resolve("store"),
            Machine.options().withIo(io).withHostReserveBytes(0));
  }

  CowStore store() {
    return store;
  }

  CowFile create() throws StoreException {
    long id = store.nextNumber();
    store.change().createFile(id, 1).apply();
    return store.file(id);
  }

  WatchedFile create(String name, int blocks) throws StoreException {
    return new WatchedFile(schedule, create(), name, blocks);
  }

  CowFile fork(WatchedFile file) throws StoreException {
    long id = store.nextNumber();
    store.change().fork(file.file, id, 1).apply();
    return store.file(id);
  }

  /** Leaves the free blocks that come next each between two of a file, full of this byte. */
  WatchedFile neighbour(int value, int blocks) throws StoreException {
    WatchedFile neighbour = create("the neighbour", 2 * blocks);
    neighbour.write(0, 2 * blocks, value);
    for (int i = 0; i < 2 * blocks; i += 2) {
      neighbour.punch(i, 1);
    }
    store.commit();
    store.commitRecords();
    return neighbour;
  }

  /** After the process has ended: the power goes and comes back, and the store is opened. */
  void losePower(long seed) throws IOException {
    stop();
    store.abandon();
    cutPower(seed);
    open();
  }

  /** The power goes and comes back. */
  void cutPower(long seed) throws IOException {
    machine.powerLoss(seed);
    schedule.beginProcess();
  }

  /** A new process begins in the same boot, if the power has not been away. */
  void restart() {
    machine.restart();
    schedule.beginProcess();
  }

  boolean isStopped() {
    return machine.isStopped();
  }

  /** Throws if the process has ended: what has returned was not acknowledged to anyone. */
  void requireGoingOn() throws StoreException {
    if (isStopped()) {
      throw new StoreException(StoreException.Reason.IO, "the process has ended");
    }
  }

  /** Lets go of a store that was opened by a process that has ended. */
  void abandonIfOpen() throws StoreException {
    if (store.state() != StoreState.CLOSED) {
      store.abandon();
    }
  }

  /** Closes the store and opens it again. */
  void reopen() throws StoreException {
    store.close();
    open();
  }

  /** From here on the process changes nothing more. */
  void stop() {
    machine.stop();
    schedule.endProcess();
  }

  /** Closes the store, and requires that it passes its check. */
  @Override
  public void close() throws IOException {
    store.close();
    CheckReport report = CowStore.checkClosed(schedule.directory().resolve("store"), false);
    machine.close();
    if (!report.isSound()) {
      throw new AssertionError(report.damage() + " " + report.inaccuracies());
    }
  }
}
