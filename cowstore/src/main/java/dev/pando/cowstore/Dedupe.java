package dev.pando.cowstore;

import dev.pando.cowstore.io.LibC;
import dev.pando.cowstore.io.NativeMemory;
import dev.pando.cowstore.map.Entry;
import dev.pando.cowstore.map.MapPage;
import dev.pando.cowstore.map.MapPath;
import dev.pando.cowstore.segment.Block;
import dev.pando.cowstore.segment.BlockSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.StampedLock;
import java.util.function.LongPredicate;

/**
 * Looks for equal blocks among files and has them stored once: one pass, by one thread, beside
 * everything else.
 *
 * <p>How it works. Every block of the files is read once and looked up by its fingerprint. Where
 * the bytes are equal to those of a block seen before, the two are put on a list. For a full list:
 * the blocks that stay are marked as beyond their family, with the gate of their file closed, so
 * that from then on nobody changes them; a commit makes all that durable; then each block of the
 * list is compared once more with the leaf that refers to it locked, and if neither has changed the
 * entry is pointed at the block that stays, and the other is free. Only blocks that the file owns
 * are replaced; blocks of zeros become holes, but for those of frozen files. A file with reserved
 * space keeps its blocks for itself: its next write would need room. What follows an equal block is
 * compared with what follows the other without the index, so that long equal runs are found with a
 * small one.
 */
final class Dedupe {
  private static final int MOST_PENDING = 4096;
  private static final int INDEX_PART = 4;
  private static final int UNITS = WritePath.UNITS_PER_LEAF;

  private final Engine engine;
  private final ReadingListener listener;
  private final BlockIndex index;
  private final LongPredicate mayGive;
  private final BlockSet seen = new BlockSet();
  private final List<Match> pending = new ArrayList<>();

  /** The same by the address of the block that is to go. */
  private final Map<Long, Match> replaced = new HashMap<>();

  private final NativeMemory leafMemory = NativeMemory.allocate(ReadPath.LEAF_BYTES);
  private final ByteBuffer leafBytes = leafMemory.buffer();
  private final NativeMemory otherMemory = NativeMemory.allocate(Block.BYTES);
  private final Fingerprint fingerprint = new Fingerprint();
  private final MapPath path = new MapPath();

  /** What comes next if this file goes on as another does. */
  private CowFile likelyFile;

  private long likelyBlock;

  private long readBytes;
  private long sharedBlocks;

  /**
   * Two blocks that were equal when they were read.
   *
   * @param block the number of the block in {@code file} that is to be replaced
   * @param address where it is
   * @param giver the file that has the one that stays; null if it is zeros, and a hole will do
   * @param given the number of the block in it
   * @param stays its address; 0 for a hole
   */
  private record Match(
      CowFile file, long block, long address, CowFile giver, long given, long stays) {
    long leafIndex() {
      return block >>> 8;
    }

    int slot() {
      return (int) block & MapPage.ENTRIES - 1;
    }
  }

  /**
   * @param mayGive whether a file, by its id, may have its blocks shared with others
   */
  Dedupe(Engine engine, LongPredicate mayGive, ReadingListener listener) {
    this.engine = engine;
    this.index = engine.index;
    this.mayGive = mayGive;
    this.listener = listener;
  }

  /** One pass over these files, in this order: what comes first stays. */
  DedupeReport run(List<CowFile> files) throws IOException {
    openIndex();
    long reached = CowFile.MAX_BYTES;
    for (int i = 0; i < files.size() && reached == CowFile.MAX_BYTES; i++) {
      reached = searchFile(files.get(i), 0);
    }
    share();
    return report(reached);
  }

  /** One pass over a part of a file. */
  DedupeReport runPart(CowFile file, long from) throws IOException {
    openIndex();
    long reached = searchFile(file, from >>> ReadPath.LEAF_SHIFT);
    share();
    return report(reached);
  }

  /** It takes no more than a part of the space that is left. */
  private void openIndex() throws IOException {
    long blocks = (index.missingBytes() * INDEX_PART) >>> Block.SHIFT;
    if (blocks > 0 && !engine.allocator.hasRoomFor(blocks)) {
      throw new StoreException(
          StoreException.Reason.FULL, "too little space is left for the index of dedupe");
    }
    index.open();
  }

  /** Returns where it was broken off, or {@link CowFile#MAX_BYTES}. */
  private long searchFile(CowFile file, long firstLeaf) throws IOException {
    likelyFile = null;
    long leaves = Math.max(0, (file.size + ReadPath.LEAF_BYTES - 1) >>> ReadPath.LEAF_SHIFT);
    boolean any = !file.removed && firstLeaf < leaves;
    long leafIndex = any ? file.map.nextLeaf(firstLeaf, leaves) : -1;
    while (leafIndex >= 0) {
      if (!listener.goesOn(readBytes)) {
        return leafIndex << ReadPath.LEAF_SHIFT;
      }
      search(file, leafIndex);
      if (pending.size() >= MOST_PENDING) {
        share();
      }
      boolean more = leafIndex + 1 < leaves && !file.removed;
      leafIndex = more ? file.map.nextLeaf(leafIndex + 1, leaves) : -1;
    }
    return CowFile.MAX_BYTES;
  }

  private DedupeReport report(long reached) {
    return new DedupeReport(readBytes, sharedBlocks << Block.SHIFT, reached);
  }

  // ---- searching

  private void search(CowFile file, long leafIndex) throws IOException {
    Scratch scratch = engine.scratch();
    engine.epochs.enter(scratch.slot);
    try {
      engine.health.checkOpen();
      MapPage leaf = file.removed ? null : file.map.leaf(leafIndex);
      if (leaf == null) {
        return;
      }
      boolean replaceable = file.map.owns(leaf) && !file.reserved;
      for (int slot = 0; slot < MapPage.ENTRIES; slot++) {
        long entry = leaf.entry(slot);
        long address = Entry.data(entry);
        if (address != 0 && !seen.contains(address)) {
          seen.add(address, 1);
          look(file, (leafIndex << 8) + slot, address, replaceable && engine.writing.isOwn(entry));
        } else {
          likelyFile = null;
        }
      }
    } finally {
      engine.epochs.leave(scratch.slot);
    }
  }

  private void look(CowFile file, long block, long address, boolean replaceable)
      throws IOException {
    int at = (int) (block & MapPage.ENTRIES - 1) << Block.SHIFT;
    long memory = leafMemory.address() + at;
    engine.segments.read(address, 0, memory, Block.BYTES);
    readBytes += Block.BYTES;
    if (!replaceable) {
      index.put(fingerprint.of(leafBytes, at), file.id(), block);
      likelyFile = null;
      return;
    }
    if (!file.frozen && Zeros.isBlock(memory)) {
      // forks of a frozen file have counted how many blocks they map
      add(new Match(file, block, address, null, 0, 0));
      return;
    }
    if (likelyFile != null && match(file, block, address, memory, likelyFile, likelyBlock)) {
      return;
    }
    long sought = fingerprint.of(leafBytes, at);
    int place = index.find(sought);
    CowFile other = place < 0 ? null : giver(index.file(place));
    if (other == null || !match(file, block, address, memory, other, index.block(place))) {
      index.put(sought, file.id(), block);
      likelyFile = null;
    }
  }

  /** The file, or null if there is none that may give. */
  private CowFile giver(long id) throws IOException {
    CowFile file = mayGive.test(id) ? engine.files.find(id) : null;
    return file == null || file.reserved ? null : file;
  }

  /** Puts two blocks on the list if they are equal. */
  private boolean match(
      CowFile file, long block, long address, long memory, CowFile other, long otherBlock)
      throws IOException {
    long stays = otherBlock < 0 ? 0 : addressOf(other, otherBlock);
    if (stays == 0 || stays == address) {
      return false;
    }
    engine.segments.read(stays, 0, otherMemory.address(), Block.BYTES);
    if (LibC.CALLS.memcmp(memory, otherMemory.address(), Block.BYTES) != 0) {
      return false;
    }
    Match before = replaced.get(stays);
    add(
        before == null
            ? new Match(file, block, address, other, otherBlock, stays)
            : new Match(file, block, address, before.giver(), before.given(), before.stays()));
    likelyFile = other;
    likelyBlock = otherBlock + 1;
    return true;
  }

  private void add(Match match) {
    pending.add(match);
    replaced.put(match.address(), match);
  }

  private static long addressOf(CowFile file, long block) throws IOException {
    if (file.removed) {
      return 0;
    }
    MapPage leaf = file.map.leaf(block >>> 8);
    return leaf == null ? 0 : Entry.data(leaf.entry((int) block & MapPage.ENTRIES - 1));
  }

  // ---- sharing

  private void share() throws IOException {
    if (pending.isEmpty()) {
      return;
    }
    engine.health.checkWritable();
    engine.sharing.lock(); // no mark begins between the bits and the entries
    try {
      List<Match> given = giveAll();
      engine.committer.commitAll();
      for (int i = 0; i < given.size(); ) {
        int end = i + 1;
        while (end < given.size()
            && given.get(end).file() == given.get(i).file()
            && given.get(end).leafIndex() == given.get(i).leafIndex()) {
          end++;
        }
        repoint(given.subList(i, end));
        i = end;
      }
    } finally {
      engine.sharing.unlock();
      pending.clear();
      replaced.clear();
    }
  }

  /** Marks what stays as beyond its family; returns the matches of which it still is there. */
  private List<Match> giveAll() throws IOException {
    List<Match> given = new ArrayList<>(pending.size());
    Extents extents = new Extents();
    for (int i = 0; i < pending.size(); ) {
      CowFile giver = pending.get(i).giver();
      int end = i + 1;
      while (end < pending.size()
          && end - i < MapPage.ENTRIES
          && pending.get(end).giver() == giver) {
        end++;
      }
      List<Match> some = pending.subList(i, end);
      if (giver == null) {
        given.addAll(some);
      } else {
        give(giver, some, extents, given);
      }
      i = end;
    }
    return given;
  }

  private void give(CowFile giver, List<Match> matches, Extents extents, List<Match> given)
      throws IOException {
    engine.reserve(WritePath.RECORD_BYTES, UNITS);
    long stamp = giver.gate.close();
    try {
      extents.clear();
      int from = given.size();
      for (Match match : matches) {
        if (!giver.reserved && addressOf(giver, match.given()) == match.stays()) {
          extents.add(given.size() - from, 1, match.stays());
          given.add(match);
        }
      }
      if (extents.size() > 0 && !engine.log.give(giver, extents)) {
        given.subList(from, given.size()).clear();
      }
    } finally {
      giver.gate.open(stamp);
      engine.giveBack(WritePath.RECORD_BYTES, UNITS);
    }
  }

  /** Points entries of one leaf at the blocks that stay, if nothing has changed. */
  private void repoint(List<Match> matches) throws IOException {
    CowFile file = matches.get(0).file();
    long leafIndex = matches.get(0).leafIndex();
    engine.reserve(WritePath.RECORD_BYTES, UNITS);
    Scratch scratch = engine.scratch();
    engine.epochs.enter(scratch.slot);
    long gate = file.gate.enter();
    StampedLock leafLock = engine.leafLocks.of(file.id(), leafIndex);
    long stamp = LeafLocks.take(leafLock);
    try {
      Extents extents = scratch.extents;
      int count;
      do {
        if (!engine.files.isLive(file)) {
          return;
        }
        file.map.trace(leafIndex, path);
        extents.clear();
        count = collect(matches, path.leaf(), file, extents);
      } while (count > 0 && !engine.log.repoint(file, leafIndex, path, extents));
      sharedBlocks += count;
    } finally {
      leafLock.unlockWrite(stamp);
      file.gate.leave(gate);
      engine.epochs.leave(scratch.slot);
      engine.giveBack(WritePath.RECORD_BYTES, UNITS);
    }
  }

  private int collect(List<Match> matches, MapPage leaf, CowFile file, Extents extents)
      throws IOException {
    if (leaf == null || file.reserved || !file.map.owns(leaf)) {
      return 0;
    }
    int count = 0;
    for (Match match : matches) {
      long entry = leaf.entry(match.slot());
      if (Entry.data(entry) == match.address()
          && engine.writing.isOwn(entry)
          && (match.stays() != 0 || !file.frozen)
          && isEqual(match.address(), match.stays())) {
        extents.add(match.slot(), 1, match.stays());
        count++;
      }
    }
    return count;
  }

  private boolean isEqual(long address, long stays) throws IOException {
    engine.segments.read(address, 0, leafMemory.address(), Block.BYTES);
    long other = Zeros.ADDRESS;
    if (stays != 0) {
      engine.segments.read(stays, 0, otherMemory.address(), Block.BYTES);
      other = otherMemory.address();
    }
    return LibC.CALLS.memcmp(leafMemory.address(), other, Block.BYTES) == 0;
  }
}
