package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pando.cowstore.io.NativeBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;

/**
 * Writers that fill files with stamps, and the proof that what they wrote is there. A file is made
 * of cells; a cell is always written as a whole, by one and the same writer, and neighbouring cells
 * belong to different writers.
 */
final class StampLoad {
  /**
   * @param files how many files
   * @param cells how many cells a file has
   * @param cellBytes a multiple of 512, at most 1 MiB; cells may begin and end inside blocks
   * @param writers how many threads write
   */
  record Shape(int files, int cells, int cellBytes, int writers) {
    int allCells() {
      return files * cells;
    }

    long fileBytes() {
      return (long) cells * cellBytes;
    }
  }

  /** Which of its numbers a cell must hold at least. */
  enum Least {
    ACKNOWLEDGED,
    DURABLE
  }

  private final Shape shape;
  private final Ledger ledger;
  private final long[] fileIds;

  StampLoad(Shape shape, Ledger ledger, long[] fileIds) {
    this.shape = shape;
    this.ledger = ledger;
    this.fileIds = fileIds;
  }

  /** Makes the files, durably, and a load on them. */
  static StampLoad create(CowStore store, Shape shape, Ledger ledger) throws StoreException {
    long[] fileIds = new long[shape.files()];
    Change change = store.change();
    for (int file = 0; file < fileIds.length; file++) {
      fileIds[file] = store.nextNumber();
      change.createFile(fileIds[file], 1);
    }
    change.apply();
    store.commit();
    return new StampLoad(shape, ledger, fileIds);
  }

  long[] fileIds() {
    return fileIds.clone();
  }

  /**
   * The writers, not started. Each ends when {@code stopped} says so; what it is told after that
   * was not acknowledged.
   */
  List<Runnable> writers(CowStore store, long seed, BooleanSupplier stopped) {
    List<Runnable> writers = new ArrayList<>();
    for (int writer = 0; writer < shape.writers(); writer++) {
      int number = writer;
      writers.add(() -> write(store, number, new Random(seed * 100 + number), stopped));
    }
    return writers;
  }

  /** How many cells have been written and acknowledged, with repetitions. */
  long acknowledged() {
    long sum = 0;
    for (int cell = 0; cell < shape.allCells(); cell++) {
      sum += ledger.acknowledged(cell);
    }
    return sum;
  }

  /**
   * Every cell holds at least what it must, and nothing that was not meant for it. Cells that the
   * end of a process has left torn are written again.
   */
  void requireAll(CowStore store, Least least) throws StoreException {
    NativeBuffer memory = NativeBuffer.of(shape.cellBytes());
    for (int file = 0; file < shape.files(); file++) {
      CowFile cowFile = store.file(fileIds[file]);
      for (int cell = 0; cell < shape.cells(); cell++) {
        requireCell(cowFile, memory, file, cell, least);
      }
    }
  }

  /** A fork of one of the files, with what it holds. */
  record Fork(long fileId, int ofFile, List<Long> sequences) {}

  /**
   * Forks a file among its writers: every cell is whole, not older and not newer than it can be.
   */
  Fork fork(CowStore store, int file) throws StoreException {
    long[] least = new long[shape.cells()];
    for (int cell = 0; cell < least.length; cell++) {
      least[cell] = ledger.acknowledged(index(file, cell));
    }
    long forkId = store.nextNumber();
    store.change().fork(store.file(fileIds[file]), forkId, 1).apply();
    long[] most = new long[shape.cells()];
    for (int cell = 0; cell < most.length; cell++) {
      most[cell] = ledger.intended(index(file, cell));
    }
    Fork fork = new Fork(forkId, file, sequences(store, forkId, file));
    for (int cell = 0; cell < most.length; cell++) {
      requireBetween(forkId, cell, least[cell], fork.sequences.get(cell), most[cell]);
    }
    return fork;
  }

  /** A fork holds what it held at first. */
  void requireUnchanged(CowStore store, Fork fork) throws StoreException {
    assertEquals(fork.sequences, sequences(store, fork.fileId, fork.ofFile));
  }

  private void write(CowStore store, int writer, Random random, BooleanSupplier stopped) {
    NativeBuffer memory = NativeBuffer.of(shape.cellBytes());
    try {
      while (!stopped.getAsBoolean()) {
        int file = random.nextInt(shape.files());
        CowFile cowFile = store.file(fileIds[file]);
        if (random.nextInt(50) == 0) {
          sync(cowFile, file, writer, stopped);
        } else {
          int own = shape.cells() / shape.writers();
          writeCell(cowFile, memory, file, random.nextInt(own) * shape.writers() + writer, stopped);
        }
      }
    } catch (StoreException e) {
      if (!stopped.getAsBoolean()) {
        throw new AssertionError("writer " + writer, e);
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private void writeCell(
      CowFile cowFile, NativeBuffer memory, int file, int cell, BooleanSupplier stopped)
      throws StoreException {
    long offset = (long) cell * shape.cellBytes();
    long sequence = ledger.intend(index(file, cell));
    Stamp.fill(memory, fileIds[file], offset, shape.cellBytes(), sequence);
    cowFile.write(offset, memory.address(), shape.cellBytes());
    if (!stopped.getAsBoolean()) {
      ledger.acknowledge(index(file, cell), sequence);
    }
  }

  private void sync(CowFile cowFile, int file, int writer, BooleanSupplier stopped)
      throws StoreException, InterruptedException {
    Flush.sync(cowFile);
    if (!stopped.getAsBoolean()) {
      for (int cell = writer; cell < shape.cells(); cell += shape.writers()) {
        ledger.durable(index(file, cell), ledger.acknowledged(index(file, cell)));
      }
    }
  }

  private void requireCell(CowFile cowFile, NativeBuffer memory, int file, int cell, Least least)
      throws StoreException {
    int index = index(file, cell);
    long must = least == Least.ACKNOWLEDGED ? ledger.acknowledged(index) : ledger.durable(index);
    long offset = (long) cell * shape.cellBytes();
    int n = cowFile.read(offset, memory.address(), shape.cellBytes());
    if (n < shape.cellBytes()) {
      requireBetween(cowFile.id(), cell, must, 0, ledger.intended(index));
    }
    long found = Long.MAX_VALUE;
    long newest = 0;
    for (int at = 0; at < n; at += Stamp.SECTOR) {
      long sector = (offset + at) / Stamp.SECTOR;
      long sequence = Stamp.sequence(memory, at, cowFile.id(), sector);
      requireBetween(cowFile.id(), cell, must, sequence, ledger.intended(index));
      found = Math.min(found, sequence);
      newest = Math.max(newest, sequence);
    }
    ledger.found(index, n < shape.cellBytes() ? 0 : found);
    if (n < shape.cellBytes() || found < newest) {
      writeCell(cowFile, memory, file, cell, () -> false);
    }
  }

  private List<Long> sequences(CowStore store, long fileId, int file) throws StoreException {
    NativeBuffer memory = NativeBuffer.of(shape.cellBytes());
    CowFile cowFile = store.file(fileId);
    long[] sequences = new long[shape.cells()];
    for (int cell = 0; cell < sequences.length; cell++) {
      long offset = (long) cell * shape.cellBytes();
      int n = cowFile.read(offset, memory.address(), shape.cellBytes());
      for (int at = 0; at < n; at += Stamp.SECTOR) {
        long sector = (offset + at) / Stamp.SECTOR;
        long sequence = Stamp.sequence(memory, at, fileIds[file], sector);
        if (at > 0 && sequence != sequences[cell]) {
          throw new AssertionError("cell %d of fork %d is not whole".formatted(cell, fileId));
        }
        sequences[cell] = sequence;
      }
    }
    return Arrays.stream(sequences).boxed().toList();
  }

  private static void requireBetween(long file, int cell, long least, long found, long most) {
    if (found < least || found > most) {
      throw new AssertionError(
          "cell %d of file %d holds %d, not between %d and %d"
              .formatted(cell, file, found, least, most));
    }
  }

  private int index(int file, int cell) {
    return file * shape.cells() + cell;
  }
}
