package dev.pando.cowstore;

import dev.pando.cowstore.ScrubReport.Damage;
import dev.pando.cowstore.ScrubReport.Kind;
import dev.pando.cowstore.map.DamagedPageException;
import dev.pando.cowstore.map.Entry;
import dev.pando.cowstore.map.MapPage;
import dev.pando.cowstore.segment.Block;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Reads everything and verifies what has a checksum: one pass, by one thread, beside everything
 * else. Every map page that is in the catalog is looked at, in the order of the ids, and the blocks
 * that it stands for are read. If anything is damaged, the maps of all files are walked to say
 * whose it is.
 */
final class Scrub {
  private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Engine engine;
  private final ReadingListener listener;
  private final LeafReader reader;

  /** Damaged map pages, by id. */
  private final Set<Long> damagedPages = new TreeSet<>();

  /** What is wrong with blocks, by address. */
  private final Map<Long, Kind> damagedBlocks = new TreeMap<>();

  private long readBytes;
  private long verifiedBytes;
  private long pendingBytes;
  private long changingBytes;
  private long pages;
  private final List<Damage> damages = new ArrayList<>();
  private boolean moreDamages;

  Scrub(Engine engine, ReadingListener listener) {
    this.engine = engine;
    this.listener = listener;
    this.reader = new LeafReader(engine);
  }

  ScrubReport run() throws IOException {
    engine.committer.commitThrough(engine.log.lastRecord());
    Immutability immutable = Immutability.look(engine);
    long end = engine.log.nextPage();
    boolean goesOn = true;
    for (long at = 0; at < end && goesOn; ) {
      engine.health.checkOpen();
      List<Long> leaves = new ArrayList<>();
      at =
          engine.catalog.scanPages(
              at,
              end,
              STEP_NANOS,
              (id, image) -> {
                if (isLeaf(id, image)) {
                  leaves.add(id);
                }
              });
      for (int i = 0; i < leaves.size() && goesOn; i++) {
        verify(leaves.get(i), immutable);
        goesOn = listener.goesOn(readBytes);
      }
    }
    if (!damagedPages.isEmpty() || !damagedBlocks.isEmpty()) {
      name();
    }
    return new ScrubReport(
        readBytes,
        verifiedBytes,
        pendingBytes,
        changingBytes,
        pages,
        List.copyOf(damages),
        moreDamages);
  }

  private boolean isLeaf(long id, ByteBuffer image) {
    pages++;
    try {
      return MapPage.decode(id, image).level() == 0;
    } catch (DamagedPageException e) {
      damagedPages.add(id);
      return false;
    }
  }

  /** Counts and compares the blocks of one leaf; used by one call at a time. */
  private static final class Verifying implements LeafReader.Visitor {
    private final PageChecksums checksums;

    /** What is wrong, by the address of the block. */
    private final Map<Long, Kind> found = new HashMap<>();

    private long verified;
    private long unverified;

    /**
     * @param checksums null if the leaf has none
     */
    Verifying(PageChecksums checksums) {
      this.checksums = checksums;
    }

    @Override
    public void block(int slot, long address, int checksum) {
      if (checksums == null || !checksums.has(slot)) {
        unverified += Block.BYTES;
      } else {
        verified += Block.BYTES;
        if (checksums.get(slot) != checksum) {
          found.put(address, Kind.CHANGED);
        }
      }
    }

    @Override
    public void unreadable(int slot, long address, IOException failure) {
      found.put(address, Kind.UNREADABLE);
    }
  }

  private void verify(long id, Immutability immutable) throws IOException {
    Scratch scratch = engine.scratch();
    engine.epochs.enter(scratch.slot);
    try {
      engine.health.checkOpen();
      MapPage leaf = peek(id);
      if (leaf == null) {
        return; // removed meanwhile
      }
      byte[] value = engine.state.records.get(Epochs.key(PageChecksums.TABLE, id));
      PageChecksums checksums = value == null ? null : PageChecksums.decode(value);
      boolean valid = checksums != null && Checksummer.isValid(checksums, leaf, immutable);
      Verifying verifying = new Verifying(valid ? checksums : null);
      readBytes += reader.read(leaf, verifying);
      if (valid && !Checksummer.isValid(checksums, leaf, immutable)) {
        changingBytes += verifying.verified + verifying.unverified; // thawed while it was read
        verifying.found.values().removeIf(kind -> kind == Kind.CHANGED);
      } else {
        verifiedBytes += verifying.verified;
        if (immutable.holds(immutable.epoch(leaf.epoch()))) {
          pendingBytes += verifying.unverified;
        } else {
          changingBytes += verifying.unverified;
        }
      }
      damagedBlocks.putAll(verifying.found);
    } finally {
      engine.epochs.leave(scratch.slot);
    }
  }

  private MapPage peek(long id) throws IOException {
    try {
      return engine.state.pages.peek(id);
    } catch (DamagedPageException e) {
      return null; // told of already
    }
  }

  // ---- whose it is

  /** Walks the maps of all files; what they share is walked once if nothing in it is damaged. */
  private void name() throws IOException {
    Set<Long> sound = new HashSet<>();
    List<Long> files = new ArrayList<>();
    engine.state.records.scan(
        new byte[] {FileRecord.TABLE},
        new byte[] {FileRecord.TABLE + 1},
        (key, value) -> files.add(ByteBuffer.wrap(key, 1, Long.BYTES).getLong()));
    for (long id : files) {
      engine.health.checkOpen();
      CowFile file = find(id);
      long root = file == null ? 0 : file.map.rootId();
      if (root != 0) {
        walk(id, root, 0, file.map.leavesBelowRoot(), sound);
      }
    }
    if (damages.isEmpty()) {
      Kind kind = damagedPages.isEmpty() ? damagedBlocks.values().iterator().next() : Kind.MAP;
      damages.add(new Damage(0, 0, 0, kind));
    }
  }

  private CowFile find(long id) throws IOException {
    try {
      return engine.files.find(id);
    } catch (DamagedPageException e) {
      add(new Damage(id, 0, CowFile.MAX_BYTES, Kind.MAP)); // its root: all of it
      return null;
    }
  }

  /** Returns whether anything is damaged at a page or below it. */
  private boolean walk(long file, long page, long firstLeaf, long leaves, Set<Long> sound)
      throws IOException {
    if (sound.contains(page)) {
      return false;
    }
    if (damagedPages.contains(page)) {
      long start = firstLeaf << ReadPath.LEAF_SHIFT;
      add(new Damage(file, start, leaves << ReadPath.LEAF_SHIFT, Kind.MAP));
      return true;
    }
    MapPage known = peek(page);
    boolean found = false;
    if (known != null && known.level() == 0) {
      found = tell(file, firstLeaf, known);
    } else if (known != null) {
      long below = leaves / MapPage.ENTRIES;
      for (int slot = 0; slot < MapPage.ENTRIES; slot++) {
        if (known.entry(slot) != Entry.NONE) {
          found |= walk(file, known.entry(slot), firstLeaf + slot * below, below, sound);
        }
      }
    }
    if (!found) {
      sound.add(page);
    }
    return found;
  }

  /** Tells of the damaged blocks of a leaf; says whether there are any. */
  private boolean tell(long file, long leafIndex, MapPage leaf) {
    boolean found = false;
    for (int slot = 0; slot < MapPage.ENTRIES; ) {
      Kind kind = damage(leaf, slot);
      int count = 1;
      while (kind != null && slot + count < MapPage.ENTRIES && damage(leaf, slot + count) == kind) {
        count++;
      }
      if (kind != null) {
        long offset = (leafIndex << ReadPath.LEAF_SHIFT) + ((long) slot << Block.SHIFT);
        add(new Damage(file, offset, (long) count << Block.SHIFT, kind));
        found = true;
      }
      slot += count;
    }
    return found;
  }

  private Kind damage(MapPage leaf, int slot) {
    long address = Entry.data(leaf.entry(slot));
    return address == 0 ? null : damagedBlocks.get(address);
  }

  private void add(Damage damage) {
    if (damages.size() < ScrubReport.MOST_DAMAGES) {
      damages.add(damage);
    } else {
      moreDamages = true;
    }
  }
}
