package dev.pando.cowstore;

import dev.pando.cowstore.io.NativeMemory;
import dev.pando.cowstore.schedule.Schedule;
import dev.pando.cowstore.segment.Block;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A file of a few blocks, each full of one byte, and what its readers may find. Any number of
 * strands use it side by side. A block's value is its byte, 0 a hole.
 */
final class WatchedFile {
  private static final int BYTES = Block.BYTES;
  private static final int SECTOR = 512;

  private final Schedule schedule;
  private final String name;
  private final Register size;
  private final Register[] blocks;
  private final List<NativeMemory> memories = new ArrayList<>();
  CowFile file;

  /** The power was lost: of a write that had not ended any sector may be there. */
  boolean losesSectors;

  WatchedFile(Schedule schedule, CowFile file, String name, int blockCount) {
    this.schedule = schedule;
    this.name = name;
    this.file = file;
    this.size = new Register("the size of " + name, 0);
    this.blocks = new Register[blockCount];
    for (int i = 0; i < blockCount; i++) {
      blocks[i] = new Register("block " + i + " of " + name, 0);
    }
  }

  /** Memory that lives as long as this: the store knows its address only. */
  private NativeMemory memory(int blockCount) {
    NativeMemory memory = NativeMemory.allocate(blockCount * BYTES);
    memories.add(memory);
    return memory;
  }

  int blockCount() {
    return blocks.length;
  }

  /** What is done to the file. */
  @FunctionalInterface
  interface Action {
    void run() throws StoreException;
  }

  /** Does what gives each of some blocks a value. */
  void change(int first, long[] values, Action action) throws StoreException {
    List<Register.Write> writes = begin(first, values);
    action.run();
    end(writes);
  }

  /** Copies blocks from the same place of another file. */
  void copied(WatchedFile source, int first, int count, Action action) throws StoreException {
    long now = schedule.now();
    List<Register.Write> writes = new ArrayList<>();
    for (int i = first; i < first + count; i++) {
      writes.add(blocks[i].begin(source.blocks[i], now));
    }
    action.run();
    end(writes);
  }

  private List<Register.Write> begin(int first, long[] values) {
    long now = schedule.now();
    List<Register.Write> writes = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      writes.add(blocks[first + i].begin(values[i], now));
    }
    return writes;
  }

  void end(List<Register.Write> writes) {
    long now = schedule.now();
    writes.forEach(write -> write.end(now));
  }

  /** Writes a run of blocks, which may make the file longer. */
  void write(int first, int count, int value) throws StoreException {
    long[] values = new long[count];
    Arrays.fill(values, value);
    NativeMemory memory = filled(count, value);
    long end = (long) (first + count) * BYTES;
    Register.Write longer = file.sizeBytes() < end ? size.begin(end, schedule.now()) : null;
    change(first, values, () -> file.write((long) first * BYTES, memory.address(), count * BYTES));
    if (longer != null) {
      longer.end(schedule.now());
    }
  }

  /** Writes a block; the write has not ended, for who asks after a crash, before {@link #end}. */
  List<Register.Write> writeUnsynced(int block, int value) throws StoreException {
    List<Register.Write> writes = begin(block, new long[] {value});
    file.write((long) block * BYTES, filled(1, value).address(), BYTES);
    return writes;
  }

  private NativeMemory filled(int blockCount, int value) {
    NativeMemory memory = memory(blockCount);
    for (int i = 0; i < blockCount * BYTES; i++) {
      memory.buffer().put(i, (byte) value);
    }
    return memory;
  }

  void punch(int first, int count) throws StoreException {
    change(first, new long[count], () -> file.unmap((long) first * BYTES, (long) count * BYTES));
  }

  /** Cuts the file to so many blocks, or makes it longer. */
  void resize(int blockCount) throws StoreException {
    Register.Write write = size.begin((long) blockCount * BYTES, schedule.now());
    change(
        blockCount,
        new long[blocks.length - blockCount],
        () -> file.resize((long) blockCount * BYTES));
    write.end(schedule.now());
  }

  /** Reads all of it at once, and throws unless everything may be as it is found. */
  void read() throws StoreException {
    NativeMemory memory = memory(blocks.length);
    long from = schedule.now();
    int length = file.read(0, memory.address(), blocks.length * BYTES);
    long to = schedule.now();
    size.require(length, from, to);
    for (int i = 0; i < length / BYTES; i++) {
      for (int at = 0; losesSectors && at < BYTES; at += SECTOR) {
        blocks[i].require(memory.buffer().get(i * BYTES + at) & 0xff, from, to);
      }
      if (!losesSectors) {
        blocks[i].require(value(memory, i), from, to);
      }
    }
  }

  /** Requires that a file holds what this one held at one moment of a time. */
  void requireMoment(CowFile copy, long from, long to) throws StoreException {
    NativeMemory memory = memory(blocks.length);
    int length = copy.read(0, memory.address(), blocks.length * BYTES);
    StringBuilder found = new StringBuilder();
    for (int i = 0; i < length / BYTES; i++) {
      found.append(' ').append(value(memory, i));
    }
    for (long at = from; at <= to; at++) {
      boolean all = size.explains(length, at, at);
      for (int i = 0; all && i < length / BYTES; i++) {
        all = blocks[i].explains(value(memory, i), at, at);
      }
      if (all) {
        return;
      }
    }
    throw new AssertionError(
        name + " never was, in [" + from + ".." + to + "], as its copy:" + found);
  }

  /** The byte that a block is full of. */
  private long value(NativeMemory memory, int block) {
    byte value = memory.buffer().get(block * BYTES);
    for (int i = 0; i < BYTES; i += SECTOR) {
      if (memory.buffer().get(block * BYTES + i) != value) {
        throw new AssertionError("block " + block + " of " + name + " is of two minds");
      }
    }
    return value & 0xff;
  }
}
