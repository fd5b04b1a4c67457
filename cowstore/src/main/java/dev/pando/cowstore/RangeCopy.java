package dev.pando.cowstore;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.io.NativeMemory;
import dev.pando.cowstore.map.Entry;
import dev.pando.cowstore.map.MapPage;
import dev.pando.cowstore.segment.Block;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.StampedLock;

/**
 * Copies ranges between files by sharing blocks: leaf by leaf, with the gate of the giving file
 * closed, so that whoever writes to it next finds its blocks beyond their family. What is not
 * aligned alike on both sides is copied byte by byte.
 */
final class RangeCopy {
  private static final int BOUNCE_BYTES = 256 << 10;
  private static final long TARGET_SHRANK = -1;
  private static final int UNITS = WritePath.UNITS_PER_LEAF;

  private final Engine engine;

  RangeCopy(Engine engine) {
    this.engine = engine;
  }

  long copyRange(CowFile source, long offset, CowFile target, long targetOffset, long length)
      throws StoreException {
    long size = source.size;
    if (offset < 0 || targetOffset < 0 || length <= 0 || offset >= size) {
      return 0;
    }
    long count = Math.min(length, size - offset);
    if (targetOffset > CowFile.MAX_BYTES - count) {
      throw new StoreException(Reason.TOO_BIG, "copy of " + count + " bytes to " + targetOffset);
    }
    target.checkWritable();
    if (source == target && offset == targetOffset) {
      return count;
    }
    try {
      if (source == target && Math.abs(offset - targetOffset) < count) {
        return moveWithin(source, offset, targetOffset, count);
      }
      if ((offset & Block.BYTES - 1) != (targetOffset & Block.BYTES - 1)) {
        return bounce(source, offset, target, targetOffset, count);
      }
      if (forkWhole(source, offset, target, targetOffset, count, size)) {
        return count;
      }
      return shareAligned(source, offset, target, targetOffset, count, size);
    } catch (IOException e) {
      throw Health.translate(e);
    }
  }

  /** A whole file on to an empty one is a fork. */
  private boolean forkWhole(
      CowFile source, long offset, CowFile target, long targetOffset, long count, long size)
      throws StoreException {
    if (offset != 0 || targetOffset != 0 || count != size || source == target) {
      return false;
    }
    return new Change(engine).forkOnto(source, target).applyIfEmpty();
  }

  /** Returns how many bytes were copied: fewer than {@code count} if the source shrank. */
  private long shareAligned(
      CowFile source, long offset, CowFile target, long targetOffset, long count, long size)
      throws IOException {
    long done = 0;
    int inBlock = ReadPath.offsetInBlock(offset);
    if (inBlock != 0) {
      long head = Math.min(count, Block.BYTES - inBlock);
      done = bounce(source, offset, target, targetOffset, head);
      if (done < head) {
        return done;
      }
    }
    boolean toEnd = offset + count == size && targetOffset + count >= target.size;
    while (count - done >= Block.BYTES || (toEnd && done < count)) {
      long from = offset + done;
      long to = targetOffset + done;
      int room = MapPage.ENTRIES - Math.max(ReadPath.slot(from), ReadPath.slot(to));
      long blocks = (count - done) >>> Block.SHIFT;
      if (toEnd) {
        blocks = (count - done + Block.BYTES - 1) >>> Block.SHIFT;
      }
      int piece = (int) Math.min(blocks, room);
      long bytes = Math.min(count - done, (long) piece << Block.SHIFT);
      long shared;
      do {
        engine.writing.extendTo(target, to);
        shared = share(source, from, target, to, bytes);
      } while (shared == TARGET_SHRANK);
      done += shared;
      if (shared < bytes) {
        break;
      }
    }
    return done + bounce(source, offset + done, target, targetOffset + done, count - done);
  }

  /**
   * Shares blocks that lie within one leaf on either side; the last may be the part of one that
   * both files end in.
   *
   * @return how many bytes: fewer than {@code bytes}, and whole blocks, if the source has shrunk or
   *     the target has grown; {@link #TARGET_SHRANK} if the target must be extended first
   */
  private long share(CowFile source, long from, CowFile target, long to, long bytes)
      throws IOException {
    engine.reserve(WritePath.RECORD_BYTES, UNITS);
    Scratch scratch = engine.scratch();
    engine.epochs.enter(scratch.slot);
    boolean sourceFirst = source.id() < target.id();
    long targetStamp = !sourceFirst && source != target ? target.gate.enter() : 0;
    long sourceStamp = source.gate.close();
    if (sourceFirst) {
      targetStamp = target.gate.enter();
    }
    target.extending.lock();
    StampedLock leafLock = engine.leafLocks.of(target.id(), to >>> ReadPath.LEAF_SHIFT);
    long leafStamp = LeafLocks.take(leafLock);
    try {
      source.checkPresent();
      target.checkWritable();
      if (target.trimsDue != 0 || target.size < to) {
        return TARGET_SHRANK;
      }
      long sharable = sharable(source.size - from, bytes, target.size - to);
      if (sharable > 0) {
        int count = (int) (Block.up(sharable) >>> Block.SHIFT);
        collect(source, from, ReadPath.slot(to), count, scratch.extents);
        record(source, target, to, scratch, to + sharable);
      }
      return sharable;
    } finally {
      leafLock.unlockWrite(leafStamp);
      target.extending.unlock();
      source.gate.open(sourceStamp);
      if (targetStamp != 0) {
        target.gate.leave(targetStamp);
      }
      engine.epochs.leave(scratch.slot);
      engine.giveBack(WritePath.RECORD_BYTES, UNITS);
    }
  }

  /** What lies in a block behind the end of the source must not come into the target. */
  private static long sharable(long sourceLeft, long bytes, long targetLeft) {
    boolean endsInside = bytes % Block.BYTES != 0 && bytes < targetLeft;
    return sourceLeft < bytes || endsInside
        ? Math.max(0, Math.min(sourceLeft, bytes)) & -Block.BYTES
        : bytes;
  }

  private void collect(CowFile source, long from, int targetSlot, int count, Extents extents)
      throws IOException {
    extents.clear();
    MapPage leaf = source.map.leaf(from >>> ReadPath.LEAF_SHIFT);
    for (int i = 0; i < count; i++) {
      long entry = leaf == null ? Entry.NONE : leaf.entry(ReadPath.slot(from) + i);
      extents.add(targetSlot + i, 1, Entry.data(entry));
    }
  }

  private void record(CowFile source, CowFile target, long to, Scratch scratch, long newSize)
      throws IOException {
    long leafIndex = to >>> ReadPath.LEAF_SHIFT;
    long now = WritePath.now();
    do {
      target.map.trace(leafIndex, scratch.path);
    } while (!engine.log.share(
        target, leafIndex, scratch.path, scratch.extents, newSize, now, source));
  }

  /** Copies through memory; returns how many bytes there were: fewer if the source shrank. */
  private long bounce(CowFile source, long from, CowFile target, long to, long count)
      throws StoreException {
    if (count == 0) {
      return 0;
    }
    ByteBuffer buffer = ByteBuffer.allocateDirect((int) Math.min(BOUNCE_BYTES, count));
    for (long done = 0; done < count; ) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), count - done));
      int n = source.read(from + done, buffer);
      if (n == 0) {
        return done;
      }
      write(target, to + done, buffer.flip());
      done += n;
    }
    return count;
  }

  /** As {@link #bounce}, between ranges that overlap. */
  private long moveWithin(CowFile file, long from, long to, long count) throws StoreException {
    ByteBuffer buffer = ByteBuffer.allocateDirect((int) Math.min(BOUNCE_BYTES, count));
    long copied = count;
    for (long done = 0; done < count; ) {
      int length = (int) Math.min(buffer.capacity(), count - done);
      long at = from < to ? count - done - length : done;
      buffer.clear().limit(length);
      int n = file.read(from + at, buffer);
      write(file, to + at, buffer.flip());
      if (n < length) {
        copied = Math.min(copied, at + n);
      }
      done += length;
    }
    return copied;
  }

  private void write(CowFile target, long to, ByteBuffer bytes) throws StoreException {
    long address = NativeMemory.addressOf(bytes);
    engine.writing.writeAmongFew(target, to, address, bytes.remaining());
  }
}
