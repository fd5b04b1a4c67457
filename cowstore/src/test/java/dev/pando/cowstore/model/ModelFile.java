package dev.pando.cowstore.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * A regular file: what it holds, and what it may hold after a power loss.
 *
 * <p>Each change is one or more <em>steps</em>; the store may lose all steps after an instant it
 * chooses, not before the last one known to be durable. Sectors written in place since then may be
 * there or not, before that instant and after it. A change that crosses a leaf of the store's map
 * (1 MiB) is a step for each leaf. Not thread-safe.
 */
public final class ModelFile {
  static final int BLOCK = ModelBlock.BYTES;
  static final long LEAF = 1 << 20;

  /** A size the file had from a step on. */
  private record Size(long bytes, long since, boolean shrunk) {}

  private final long id;
  private final TreeMap<Long, ModelBlock> blocks;
  private final List<Size> sizes;
  private final ModelReservation reserved;
  private long step;
  private long durableStep;

  /** Forks made of it, and at which of its steps. */
  private final Map<ModelFile, Long> forks = new HashMap<>();

  /**
   * Blocks past the end that may be mapped: a loss of power can come between a cut, which says what
   * is to go, and their going.
   */
  private long lingeringBlocks;

  public ModelFile(long id) {
    this.id = id;
    this.blocks = new TreeMap<>();
    this.sizes = new ArrayList<>(List.of(new Size(0, 0, false)));
    this.reserved = new ModelReservation();
  }

  private ModelFile(long id, ModelFile source) {
    this.id = id;
    this.blocks = new TreeMap<>(source.blocks);
    this.sizes = new ArrayList<>(source.sizes);
    this.reserved = new ModelReservation();
    this.step = source.step;
    this.durableStep = source.durableStep;
    this.lingeringBlocks = source.lingeringBlocks;
  }

  public ModelFile fork(long newId) {
    ModelFile fork = new ModelFile(newId, this);
    forks.put(fork, step);
    return fork;
  }

  /** Something was forked from it: nothing is reserved any more. */
  public void forked() {
    step++;
    reserved.clear();
  }

  /** Whether nothing is reserved. */
  public boolean hasNoReservation() {
    return reserved.isEmpty();
  }

  ModelReservation reserved() {
    return reserved;
  }

  public long id() {
    return id;
  }

  public long sizeBytes() {
    return sizes.get(sizes.size() - 1).bytes();
  }

  /** The instant that {@link #durable(long)} takes: after all changes so far. */
  public long step() {
    return step;
  }

  /** All changes up to {@code atStep} are durable from now on, in its forks too. */
  public void durable(long atStep) {
    forks.forEach((fork, forkStep) -> fork.durable(Math.min(atStep, forkStep)));
    durableStep = Math.max(durableStep, atStep);
    while (sizes.size() > 1 && sizes.get(1).since() <= durableStep) {
      sizes.remove(0);
    }
  }

  public void write(long offset, byte[] data) {
    for (Part part : Part.split(offset, data.length, LEAF)) {
      step++;
      int from = (int) (part.offset() - offset);
      overlay(part.offset(), data, from, (int) part.length(), true);
      grow(part.end());
    }
  }

  public void unmap(long offset, long length) {
    long endBlock = (offset + length) / BLOCK;
    if (offset + length >= sizeBytes()) {
      endBlock = Math.max(endBlock, (sizeBytes() + BLOCK - 1) / BLOCK);
    }
    reserved.remove((offset + BLOCK - 1) / BLOCK, endBlock);
    long end = Math.min(offset + length, endOfBlocks());
    for (Part leaf : Part.split(offset, end - offset, LEAF)) {
      if (blocks.subMap(leaf.offset() / BLOCK, leaf.end() / BLOCK + 1).isEmpty()) {
        continue;
      }
      step++;
      for (Part part : Part.split(leaf.offset(), leaf.length(), BLOCK)) {
        if (part.length() == BLOCK) {
          putHole(part.offset() / BLOCK);
        } else {
          overlay(part.offset(), ModelBlock.ZEROS, 0, (int) part.length(), false);
        }
      }
    }
  }

  public void reserve(long offset, long length) {
    step++;
    for (Part part : Part.split(offset, length, BLOCK)) {
      if (!block(part.offset() / BLOCK).mapped()) {
        reserved.add(part.offset() / BLOCK);
      }
    }
  }

  public void zero(long offset, long length) {
    for (Part leaf : Part.split(offset, length, LEAF)) {
      step++;
      for (Part part : Part.split(leaf.offset(), leaf.length(), BLOCK)) {
        long index = part.offset() / BLOCK;
        ModelBlock old = block(index);
        if (part.length() == BLOCK) {
          put(index, old.become(ModelBlock.ZEROS, false, false, step, durableStep));
        } else if (old.mapped() && part.offset() < sizeBytes()) {
          overlay(part.offset(), ModelBlock.ZEROS, 0, (int) part.length(), false);
        }
        if (!block(index).mapped()) {
          reserved.add(index);
        }
      }
    }
  }

  public void resize(long sizeBytes) {
    long before = sizeBytes();
    if (sizeBytes == before) {
      return;
    }
    step++;
    sizes.add(new Size(sizeBytes, step, sizeBytes < before));
    if (sizeBytes < before) {
      long firstGone = (sizeBytes + BLOCK - 1) / BLOCK;
      reserved.remove(firstGone, Long.MAX_VALUE);
      List.copyOf(blocks.tailMap(firstGone).keySet()).forEach(this::putHole);
      int kept = (int) (sizeBytes % BLOCK);
      ModelBlock cut = blocks.get(sizeBytes / BLOCK);
      if (kept > 0 && cut != null) {
        byte[] content = Arrays.copyOf(Arrays.copyOf(cut.content(), kept), BLOCK);
        put(sizeBytes / BLOCK, cut.become(content, cut.mapped(), true, step, durableStep));
      }
    }
  }

  /** Puts a range of another file, or another range of this one, here. Returns the bytes done. */
  public long copyFrom(ModelFile source, long offset, long targetOffset, long length) {
    long done = Math.max(0, Math.min(length, source.sizeBytes() - offset));
    boolean shareable = (targetOffset - offset) % BLOCK == 0;
    for (Part part : Part.split(targetOffset, done, BLOCK)) {
      step++;
      long from = part.offset() - targetOffset + offset;
      boolean hole = !source.block(from / BLOCK).mapped();
      reserved.remove(part.offset() / BLOCK, part.offset() / BLOCK + 1);
      if (shareable && hole && part.length() == BLOCK) {
        putHole(part.offset() / BLOCK);
      } else {
        byte[] data = source.content(from, (int) part.length());
        overlay(part.offset(), data, 0, data.length, true);
      }
      grow(part.end());
    }
    return done;
  }

  /**
   * Puts all of another file here, where nothing is: a fork. So what the other file has not synced
   * may be missing here too, and the steps that led to it there are steps here.
   */
  public long copyAllFrom(ModelFile source) {
    long first = step + 1;
    source.blocks.forEach(
        (index, block) ->
            blocks.put(index, block.onTopOf(block(index), source.durableStep, first, durableStep)));
    for (Size size : source.sizes) {
      long since = first + Math.max(0, size.since() - source.durableStep);
      sizes.add(new Size(size.bytes(), since, size.shrunk()));
    }
    step = first + source.step - source.durableStep;
    return source.sizeBytes();
  }

  /** The present content of a range; zeros past the end. */
  byte[] content(long offset, int length) {
    byte[] content = new byte[length];
    for (Part part : Part.split(offset, length, BLOCK)) {
      byte[] block = block(part.offset() / BLOCK).content();
      int at = (int) (part.offset() % BLOCK);
      System.arraycopy(block, at, content, (int) (part.offset() - offset), (int) part.length());
    }
    return content;
  }

  ModelBlock block(long index) {
    return blocks.getOrDefault(index, ModelBlock.HOLE);
  }

  /** The blocks that ever held something, by index; all others are holes. */
  NavigableMap<Long, ModelBlock> blocks() {
    return blocks;
  }

  long durableStep() {
    return durableStep;
  }

  /**
   * The instants at which the file may stand after a power loss if it has this size. A size may
   * survive without the data written at the same time, but not without an earlier shrink.
   *
   * @return bit n: step {@code durableStep + n}; empty if it never had the size
   */
  BitSet instants(long sizeBytes) {
    BitSet instants = new BitSet();
    int first = 0;
    while (first < sizes.size()) {
      int end = first + 1;
      while (end < sizes.size() && !sizes.get(end).shrunk()) {
        end++;
      }
      if (sizes.subList(first, end).stream().anyMatch(size -> size.bytes() == sizeBytes)) {
        long from = Math.max(sizes.get(first).since(), durableStep);
        long to = end < sizes.size() ? sizes.get(end).since() : step + 1;
        instants.set((int) (from - durableStep), (int) (to - durableStep));
      }
      first = end;
    }
    return instants;
  }

  /** Takes over what a power loss left. */
  void settle(long sizeBytes, Map<Long, ModelBlock> survivors, long lingering) {
    forks.clear();
    lingeringBlocks = lingering;
    reserved.settle(durableStep == step);
    step++;
    durableStep = step;
    sizes.clear();
    sizes.add(new Size(sizeBytes, step, false));
    blocks.clear();
    blocks.putAll(survivors);
  }

  /** How many blocks past the end may be mapped beyond those that are reserved. */
  long lingeringBlocks() {
    return lingeringBlocks;
  }

  private void grow(long endBytes) {
    if (endBytes > sizeBytes()) {
      sizes.add(new Size(endBytes, step, false));
    }
  }

  private long endOfBlocks() {
    return blocks.isEmpty() ? 0 : (blocks.lastKey() + 1) * BLOCK;
  }

  private void overlay(long offset, byte[] data, int from, int length, boolean maps) {
    for (Part part : Part.split(offset, length, BLOCK)) {
      long index = part.offset() / BLOCK;
      if (maps) {
        reserved.remove(index, index + 1);
      }
      ModelBlock old = block(index);
      byte[] content = part.length() == BLOCK ? new byte[BLOCK] : old.content().clone();
      int source = from + (int) (part.offset() - offset);
      System.arraycopy(data, source, content, (int) (part.offset() % BLOCK), (int) part.length());
      put(index, old.become(content, maps || old.mapped(), false, step, durableStep));
    }
  }

  private void putHole(long index) {
    ModelBlock old = blocks.get(index);
    if (old != null) {
      put(index, old.become(ModelBlock.ZEROS, false, true, step, durableStep));
    }
  }

  private void put(long index, ModelBlock block) {
    blocks.put(index, block);
  }
}
