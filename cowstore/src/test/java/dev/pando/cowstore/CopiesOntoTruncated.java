package dev.pando.cowstore;

import dev.pando.cowstore.io.NativeBuffer;
import dev.pando.cowstore.schedule.Scenario;
import dev.pando.cowstore.schedule.Schedule;
import dev.pando.cowstore.segment.Block;

/**
 * A whole file is copied on to one that is truncated and punched at the same time. The copy goes
 * from the first byte to the last and the truncation is one step, so what is missing of the copy is
 * at its beginning.
 */
public final class CopiesOntoTruncated implements Scenario {
  private static final int LEAVES = 3;
  private static final long STRIDE = 1 << 20;

  @Override
  public void run(Schedule schedule) throws Exception {
    try (RaceStore race = new RaceStore(schedule)) {
      CowFile source = filled(race, 1, LEAVES);
      CowFile target = filled(race, 2, 1 + schedule.random().nextInt(LEAVES));
      boolean punches = schedule.random().nextBoolean();
      schedule.race(
          () -> target.resize(0),
          () -> {
            if (punches) {
              target.unmap(schedule.random().nextInt(LEAVES) * STRIDE, STRIDE);
            }
          },
          () -> source.copyRange(0, target, 0, source.sizeBytes()));
      if (target.sizeBytes() == source.sizeBytes()) {
        requireEndOfCopy(target, punches);
      }
      if (target.trimsDue != 0) {
        throw new AssertionError("what is past the end is still to be unmapped");
      }
    }
  }

  /** One block at the beginning of each leaf. */
  private static CowFile filled(RaceStore race, int value, int leaves) throws StoreException {
    CowFile file = race.create();
    NativeBuffer block = NativeBuffer.of(Block.BYTES);
    for (int i = 0; i < Block.BYTES; i++) {
      block.bytes().put(i, (byte) value);
    }
    for (int leaf = 0; leaf < leaves; leaf++) {
      file.write(leaf * STRIDE, block.address(), Block.BYTES);
    }
    return file;
  }

  private static void requireEndOfCopy(CowFile target, boolean punched) throws StoreException {
    NativeBuffer block = NativeBuffer.of(Block.BYTES);
    int copied = 0;
    int missing = 0;
    StringBuilder found = new StringBuilder();
    for (int leaf = 0; leaf < LEAVES; leaf++) {
      int unused = target.read(leaf * STRIDE, block.address(), Block.BYTES);
      byte value = block.bytes().get(0);
      found.append(' ').append(value);
      if (value == 1) {
        copied++;
      } else if (copied > 0 || value == 2) {
        missing++;
      }
    }
    if (missing > (punched ? 1 : 0)) {
      throw new AssertionError("the copy was cut to pieces:" + found);
    }
  }
}
