package dev.pando.cowstore;

import dev.pando.cowstore.io.NativeBuffer;
import dev.pando.cowstore.schedule.Scenario;
import dev.pando.cowstore.schedule.Schedule;
import dev.pando.cowstore.segment.Block;

/**
 * A hole with ends inside of blocks is made while the file is cut, or grows by what is appended: it
 * changes no size, and nothing outside of its range.
 */
public final class PunchesBesideTruncation implements Scenario {
  private static final int SIZE = 2 * Block.BYTES + 1808;

  @Override
  public void run(Schedule schedule) throws Exception {
    try (RaceStore race = new RaceStore(schedule)) {
      CowFile file = race.create();
      NativeBuffer bytes = NativeBuffer.of(SIZE);
      for (int i = 0; i < SIZE; i++) {
        bytes.bytes().put(i, (byte) 1);
      }
      file.write(0, bytes.address(), SIZE);
      if (schedule.random().nextBoolean()) {
        schedule.race(() -> file.resize(0), () -> file.unmap(SIZE - 1000, 1000));
        requireSize(file, 0);
      } else {
        schedule.race(
            () -> file.write(SIZE, bytes.address(), 1000), () -> file.unmap(SIZE - 1000, 1000));
        requireSize(file, SIZE + 1000);
        requireBytes(file, SIZE - 1000, 0);
        requireBytes(file, SIZE, 1);
      }
      requireBytes(file, 0, file.sizeBytes() == 0 ? 0 : 1);
    }
  }

  private static void requireSize(CowFile file, long size) {
    if (file.sizeBytes() != size) {
      throw new AssertionError("size " + file.sizeBytes() + " and not " + size);
    }
  }

  /** Reads a thousand bytes, if there are any. */
  private static void requireBytes(CowFile file, long offset, int value) throws StoreException {
    NativeBuffer bytes = NativeBuffer.of(1000);
    int length = file.read(offset, bytes.address(), 1000);
    for (int i = 0; i < length; i++) {
      if (bytes.bytes().get(i) != value) {
        throw new AssertionError("byte " + (offset + i) + " is " + bytes.bytes().get(i));
      }
    }
  }
}
