package dev.pando.cowstore;

import dev.pando.cowstore.map.BlockMap;
import dev.pando.cowstore.map.Entry;
import dev.pando.cowstore.map.MapPage;
import dev.pando.cowstore.segment.BlockSet;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * What would be free if some files were removed: their private blocks; those of every epoch that
 * would die with them; and of an epoch that would be joined with the one child it has left, what
 * that child does not have. Of blocks beyond their family, those that only pages refer to which
 * would go with them; to find these, every page is looked at. Changes nothing. Used by one thread;
 * exact if nothing changes meanwhile.
 */
final class FreedSpace {
  private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Engine engine;
  private final Map<Long, Epochs.Epoch> changed = new HashMap<>();

  /** Epochs that would die. */
  private final Set<Long> dead = new HashSet<>();

  /** Leaves of epochs that would be joined, which would go. */
  private final Set<Long> lostLeaves = new HashSet<>();

  private long blocks;

  private FreedSpace(Engine engine) {
    this.engine = engine;
  }

  /** How many blocks; what is beyond its family comes back by a sweep. */
  static long blocks(Engine engine, Collection<CowFile> files) throws IOException {
    FreedSpace space = of(engine, files);
    return engine.state.beyond.size() == 0 ? space.blocks : space.withBeyond();
  }

  private static FreedSpace of(Engine engine, Collection<CowFile> files) throws IOException {
    FreedSpace space = new FreedSpace(engine);
    for (CowFile file : files) {
      space.leave(file.map);
    }
    for (Map.Entry<Long, Epochs.Epoch> epoch : space.changed.entrySet()) {
      if (epoch.getValue().isJoinable()) {
        space.join(epoch.getKey(), epoch.getValue());
      }
    }
    return space;
  }

  /**
   * For each group of files, how many blocks only that group can reach: blocks beyond their family
   * are left out.
   */
  static long[] ownBlocks(Engine engine, List<? extends Collection<CowFile>> groups)
      throws IOException {
    Map<Long, Long> marks = beyondMarks(engine);
    long[] own = new long[groups.size()];
    for (int i = 0; i < own.length; i++) {
      FreedSpace space = of(engine, groups.get(i));
      long beyond = 0;
      for (long epoch : space.dead) {
        beyond += marks.getOrDefault(epoch, 0L);
      }
      own[i] = space.blocks - beyond;
    }
    return own;
  }

  /** Takes a leaf, and the epoch it belongs to. */
  @FunctionalInterface
  private interface LeafVisitor {
    void leaf(MapPage leaf, long epoch);
  }

  private static void scanLeaves(Engine engine, LeafVisitor visitor) throws IOException {
    engine.committer.commitThrough(engine.log.lastRecord());
    long end = engine.log.nextPage();
    for (long at = 0; at < end; ) {
      engine.health.checkOpen();
      at =
          engine.catalog.scanPages(
              at,
              end,
              STEP_NANOS,
              (id, image) -> {
                MapPage page = MapPage.decode(id, image);
                if (page.level() == 0) {
                  visitor.leaf(page, engine.state.pages.aliases().resolve(page.epoch()));
                }
              });
    }
  }

  /** How many marks in the pages of each epoch are of blocks beyond their family. */
  private static Map<Long, Long> beyondMarks(Engine engine) throws IOException {
    Map<Long, Long> marks = new HashMap<>();
    if (engine.state.beyond.size() > 0) {
      scanLeaves(
          engine,
          (leaf, epoch) -> {
            for (int slot = 0; slot < MapPage.ENTRIES; slot++) {
              long entry = leaf.entry(slot);
              if (Entry.isPrivate(entry) && engine.state.beyond.contains(Entry.address(entry))) {
                marks.merge(epoch, 1L, Long::sum);
              }
            }
          });
    }
    return marks;
  }

  private long withBeyond() throws IOException {
    BlockSet going = new BlockSet();
    BlockSet staying = new BlockSet();
    long[] marks = {0};
    scanLeaves(
        engine,
        (leaf, epoch) -> {
          boolean dies = dead.contains(epoch);
          BlockSet referred = dies || lostLeaves.contains(leaf.id()) ? going : staying;
          for (int slot = 0; slot < MapPage.ENTRIES; slot++) {
            long entry = leaf.entry(slot);
            long address = Entry.data(entry);
            if (address != 0 && engine.state.beyond.contains(address)) {
              referred.add(address, 1);
              marks[0] += dies && Entry.isPrivate(entry) ? 1 : 0;
            }
          }
        });
    long[] freed = {blocks - marks[0]};
    going.forEach(address -> freed[0] += staying.contains(address) ? 0 : 1);
    return freed[0];
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
    dead.add(id);
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
    engine.health.checkOpen();
    if (engine.state.pages.aliases().resolve(before.epoch()) != epoch) {
      return;
    }
    MapPage page = now.page(before.level(), firstLeaf);
    if (page != null && page.id() == before.id()) {
      return;
    }
    if (before.level() == 0) {
      lostLeaves.add(before.id());
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
          && !engine.state.beyond.contains(Entry.address(entry))
          && Entry.address(entry) != Entry.address(other)) {
        blocks++;
      }
    }
  }
}
