package dev.pando.cowstore;

import dev.pando.cowstore.map.BlockMap;
import dev.pando.cowstore.map.Entry;
import dev.pando.cowstore.map.MapPage;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * What would be free if some files were removed: their private blocks; those of every epoch that
 * would die with them; and of an epoch that would be joined with the one child it has left, what
 * that child does not have. Changes nothing. Used by one thread; exact if nothing changes
 * meanwhile.
 */
final class FreedSpace {
  private final Engine engine;
  private final Map<Long, Epochs.Epoch> changed = new HashMap<>();
  private long blocks;

  private FreedSpace(Engine engine) {
    this.engine = engine;
  }

  /** How many blocks, those beyond their family included, which only the sweep frees. */
  static long blocks(Engine engine, Collection<CowFile> files) throws IOException {
    FreedSpace space = new FreedSpace(engine);
    for (CowFile file : files) {
      space.leave(file.map);
    }
    for (Map.Entry<Long, Epochs.Epoch> epoch : space.changed.entrySet()) {
      if (epoch.getValue().isJoinable()) {
        space.join(epoch.getKey(), epoch.getValue());
      }
    }
    return space.blocks;
  }

  private Epochs.Epoch get(long epoch) throws IOException {
    Epochs.Epoch known = changed.get(epoch);
    return known != null ? known : engine.state.epochs.get(epoch);
  }

  private void leave(BlockMap map) throws IOException {
    long id = map.epoch();
    Epochs.Epoch left = get(id).left(map);
    changed.put(id, left);
    blocks += left.unwrittenBlocks(); // they come back whether it dies or not
    changed.put(id, left.withCounts(left.privateBlocks() - left.unwrittenBlocks(), 0));
    dieIfAlone(id);
  }

  private void dieIfAlone(long id) throws IOException {
    Epochs.Epoch epoch = get(id);
    if (epoch.living() > 0) {
      return;
    }
    blocks += epoch.privateBlocks();
    long parent = engine.state.pages.aliases().resolve(epoch.parent());
    if (parent != 0) {
      changed.put(parent, get(parent).withChild(id, -1));
      dieIfAlone(parent);
    }
  }

  /** Counts what an epoch has that the file, or fork in the tree, that is left below has not. */
  private void join(long id, Epochs.Epoch epoch) throws IOException {
    long child = epoch.children();
    while (get(child).isJoinable()) {
      child = get(child).children();
    }
    MapPage root = epoch.root() == 0 ? null : engine.state.pages.load(epoch.root());
    if (root != null) {
      compare(id, root, engine.state.mapOf(child, engine.files), 0);
    }
  }

  private void compare(long epoch, MapPage before, BlockMap now, long firstLeaf)
      throws IOException {
    if (engine.state.pages.aliases().resolve(before.epoch()) != epoch) {
      return;
    }
    MapPage page = now.page(before.level(), firstLeaf);
    if (page != null && page.id() == before.id()) {
      return;
    }
    for (int slot = 0; slot < MapPage.ENTRIES; slot++) {
      long entry = before.entry(slot);
      long other = page == null ? Entry.NONE : page.entry(slot);
      if (before.level() > 0 && entry != Entry.NONE && entry != other) {
        MapPage below = engine.state.pages.load(entry);
        if (below != null) {
          compare(epoch, below, now, firstLeaf + before.leavesBefore(slot));
        }
      } else if (before.level() == 0
          && Entry.isPrivate(entry)
          && !Entry.isUnwritten(entry)
          && Entry.address(entry) != Entry.address(other)) {
        blocks++;
      }
    }
  }
}
