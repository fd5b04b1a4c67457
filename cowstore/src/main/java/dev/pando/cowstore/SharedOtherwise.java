package dev.pando.cowstore;

import dev.pando.cowstore.map.Entry;
import dev.pando.cowstore.map.MapPage;
import dev.pando.cowstore.segment.BlockSet;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * Counts what is saved by blocks that are beyond their family: for each of them, the leaves that
 * refer to it, less one. As the catalog has it; a leaf that was copied after a fork counts for
 * itself.
 */
final class SharedOtherwise {
  private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final BeyondFamily beyond;
  private final BlockSet seen = new BlockSet();
  private long blocks;

  private SharedOtherwise(BeyondFamily beyond) {
    this.beyond = beyond;
  }

  static long blocks(Engine engine) throws IOException {
    SharedOtherwise count = new SharedOtherwise(engine.state.beyond);
    long end = engine.log.nextPage();
    for (long at = 0; at < end; ) {
      engine.health.checkOpen();
      at =
          engine.catalog.scanPages(
              at, end, STEP_NANOS, (id, image) -> count.add(MapPage.decode(id, image)));
    }
    return count.blocks;
  }

  private void add(MapPage page) {
    for (int slot = 0; page.level() == 0 && slot < MapPage.ENTRIES; slot++) {
      long address = Entry.data(page.entry(slot));
      if (address != 0 && beyond.contains(address)) {
        blocks += seen.contains(address) ? 1 : 0;
        seen.add(address, 1);
      }
    }
  }
}
