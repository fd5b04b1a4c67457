package dev.pando.cowstore.segment;

import dev.pando.cowstore.catalog.Catalog;
import dev.pando.cowstore.catalog.DamagedCatalogException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Used space as the catalog has it: FORMAT.md, chapter 5. A bitmap of each 32 MiB that holds any
 * used block, and a count for each segment.
 */
public final class SpaceRecords {
  private static final byte BITMAP = 'S';
  private static final byte SEGMENT = 'G';
  private static final int CHUNK_SHIFT = 13;
  private static final int CHUNK_BLOCKS = 1 << CHUNK_SHIFT;
  private static final int CHUNK_BYTES = CHUNK_BLOCKS / Byte.SIZE;
  private static final int CHUNKS_PER_SEGMENT = Block.PER_SEGMENT / CHUNK_BLOCKS;

  private SpaceRecords() {}

  /** Blocks of a segment that are in use. */
  public static int usedBlocks(Catalog catalog, int segment) throws IOException {
    byte[] value = catalog.record(key(SEGMENT, segment));
    return value == null ? 0 : ByteBuffer.wrap(value).getInt();
  }

  /** How many segments there are up to the last in which a block is in use. */
  static int segmentsInUse(Catalog catalog) throws IOException {
    int[] count = {0};
    catalog.scan(
        new byte[] {SEGMENT},
        new byte[] {SEGMENT + 1},
        (key, value) -> {
          if (ByteBuffer.wrap(value).getInt() > 0) {
            count[0] = (int) ByteBuffer.wrap(key, 1, Long.BYTES).getLong() + 1;
          }
          return true;
        },
        damage -> {}); // told of where the segment's space is asked for
    return count[0];
  }

  /** The first block of a segment behind all that are in use; 0 if none is. */
  static int endOfUsed(Catalog catalog, int segment) throws IOException {
    for (int i = CHUNKS_PER_SEGMENT - 1; i >= 0; i--) {
      byte[] bitmap = catalog.record(key(BITMAP, (long) segment * CHUNKS_PER_SEGMENT + i));
      int bits = bitmap == null ? 0 : BitSet.valueOf(bitmap).length();
      if (bits > 0) {
        return i * CHUNK_BLOCKS + bits;
      }
    }
    return 0;
  }

  /**
   * A segment's space as of the last commit.
   *
   * @throws DamagedCatalogException a bitmap is missing: what it said is in use is not to be handed
   *     out
   */
  static SegmentSpace load(Catalog catalog, int segment) throws IOException {
    SegmentSpace space = new SegmentSpace(segment);
    int used = 0;
    for (int i = 0; i < CHUNKS_PER_SEGMENT; i++) {
      byte[] bitmap = catalog.record(key(BITMAP, (long) segment * CHUNKS_PER_SEGMENT + i));
      if (bitmap != null) {
        visit((long) i * CHUNK_BLOCKS, bitmap, (block, count) -> space.take((int) block, count));
        used += BitSet.valueOf(bitmap).cardinality();
      }
    }
    int counted = usedBlocks(catalog, segment);
    if (used != counted) {
      throw new DamagedCatalogException(
          "segment " + segment + " has " + counted + " used blocks, and bits for " + used);
    }
    return space;
  }

  /**
   * Brings the catalog up to date with what one generation allocated and freed, and returns by how
   * many blocks the used space grew. Blocks that were allocated and freed again count as freed.
   */
  public static long store(Catalog.Commit commit, Runs allocated, Runs freed) throws IOException {
    Map<Long, byte[]> chunks = new HashMap<>();
    Map<Integer, Integer> growth = new HashMap<>();
    Runs.Visitor<IOException> use =
        (address, count) -> change(commit, BITMAP, chunks, growth, address, count, true);
    Runs.Visitor<IOException> free =
        (address, count) -> change(commit, BITMAP, chunks, growth, address, count, false);
    allocated.forEach(use);
    freed.forEach(free);
    for (Map.Entry<Long, byte[]> chunk : chunks.entrySet()) {
      byte[] key = key(BITMAP, chunk.getKey());
      if (isEmpty(chunk.getValue())) {
        commit.removeRecord(key);
      } else {
        commit.putRecord(key, chunk.getValue());
      }
    }
    long total = 0;
    for (Map.Entry<Integer, Integer> segment : growth.entrySet()) {
      byte[] key = key(SEGMENT, segment.getKey());
      byte[] old = commit.record(key);
      int used = (old == null ? 0 : ByteBuffer.wrap(old).getInt()) + segment.getValue();
      commit.putRecord(key, ByteBuffer.allocate(Integer.BYTES).putInt(used).array());
      total += segment.getValue();
    }
    return total;
  }

  /** The same bitmaps under another table: sets or clears the bits of some blocks. */
  public static void storeBits(Catalog.Commit commit, byte table, Runs blocks, boolean set)
      throws IOException {
    Map<Long, byte[]> chunks = new HashMap<>();
    blocks.forEach(
        (address, count) -> change(commit, table, chunks, new HashMap<>(), address, count, set));
    for (Map.Entry<Long, byte[]> chunk : chunks.entrySet()) {
      if (isEmpty(chunk.getValue())) {
        commit.removeRecord(key(table, chunk.getKey()));
      } else {
        commit.putRecord(key(table, chunk.getKey()), chunk.getValue());
      }
    }
  }

  /**
   * Visits every block that is in use. As all visits here: record by record, inside the catalog's
   * scan, so that memory does not grow with what is stored; no run is longer than a record.
   */
  public static void scanUsed(Catalog catalog, Runs.Visitor<RuntimeException> visitor)
      throws IOException {
    scanBits(catalog, BITMAP, visitor);
  }

  /** Visits every block of one segment that is in use. */
  public static void scanUsed(Catalog catalog, int segment, Runs.Visitor<RuntimeException> visitor)
      throws IOException {
    long first = ((long) segment * Block.PER_SEGMENT) >>> CHUNK_SHIFT;
    long end = ((segment + 1L) * Block.PER_SEGMENT) >>> CHUNK_SHIFT;
    scanBits(catalog, key(BITMAP, first), key(BITMAP, end), visitor);
  }

  /** Puts the used space of the first {@code segments} segments in the place of what is stored. */
  public static void rewrite(Catalog catalog, Catalog.Commit commit, BlockSet used, int segments)
      throws IOException {
    Set<Long> stale = new HashSet<>();
    catalog.scan(
        new byte[] {BITMAP},
        new byte[] {BITMAP + 1},
        (key, bitmap) -> stale.add(ByteBuffer.wrap(key, 1, Long.BYTES).getLong()));
    Map<Long, byte[]> chunks = new HashMap<>();
    used.forEach(
        address -> {
          byte[] bitmap =
              chunks.computeIfAbsent(address >>> CHUNK_SHIFT, chunk -> new byte[CHUNK_BYTES]);
          int block = (int) address & (CHUNK_BLOCKS - 1);
          bitmap[block >>> 3] |= (byte) (1 << (block & 7));
        });
    stale.removeAll(chunks.keySet());
    for (long chunk : stale) {
      commit.removeRecord(key(BITMAP, chunk));
    }
    for (Map.Entry<Long, byte[]> chunk : chunks.entrySet()) {
      commit.putRecord(key(BITMAP, chunk.getKey()), chunk.getValue());
    }
    for (int segment = 0; segment < segments; segment++) {
      byte[] count = ByteBuffer.allocate(Integer.BYTES).putInt(used.size(segment)).array();
      commit.putRecord(key(SEGMENT, segment), count);
    }
  }

  /** Visits every block whose bit is set under {@code table}. */
  public static void scanBits(Catalog catalog, byte table, Runs.Visitor<RuntimeException> visitor)
      throws IOException {
    scanBits(catalog, new byte[] {table}, new byte[] {(byte) (table + 1)}, visitor);
  }

  private static void scanBits(
      Catalog catalog, byte[] from, byte[] to, Runs.Visitor<RuntimeException> visitor)
      throws IOException {
    catalog.scan(
        from,
        to,
        (key, bitmap) -> {
          visit(ByteBuffer.wrap(key, 1, Long.BYTES).getLong() << CHUNK_SHIFT, bitmap, visitor);
          return true;
        });
  }

  private static void visit(long first, byte[] bitmap, Runs.Visitor<RuntimeException> visitor) {
    for (int block = 0; block < CHUNK_BLOCKS; ) {
      if (!isSet(bitmap, block)) {
        block++;
        continue;
      }
      int end = block + 1;
      while (end < CHUNK_BLOCKS && isSet(bitmap, end)) {
        end++;
      }
      visitor.run(first + block, end - block);
      block = end;
    }
  }

  private static boolean isSet(byte[] bitmap, int block) {
    return (bitmap[block >>> 3] & 1 << (block & 7)) != 0;
  }

  private static void change(
      Catalog.Commit commit,
      byte table,
      Map<Long, byte[]> chunks,
      Map<Integer, Integer> growth,
      long address,
      int count,
      boolean use)
      throws IOException {
    long end = address + count;
    for (long block = address; block < end; ) {
      long chunk = block >>> CHUNK_SHIFT;
      byte[] bitmap = chunks.get(chunk);
      if (bitmap == null) {
        bitmap = commit.record(key(table, chunk));
        bitmap = bitmap == null ? new byte[CHUNK_BYTES] : bitmap;
        chunks.put(chunk, bitmap);
      }
      long next = Math.min(end, (chunk + 1) << CHUNK_SHIFT);
      int changed = change(bitmap, (int) (block & (CHUNK_BLOCKS - 1)), (int) (next - block), use);
      growth.merge(Block.segment(block), use ? changed : -changed, Integer::sum);
      block = next;
    }
  }

  /** Sets or clears bits, and returns how many it changed. */
  private static int change(byte[] bitmap, int from, int count, boolean use) {
    int changed = 0;
    for (int at = from; at < from + count; at++) {
      if (isSet(bitmap, at) != use) {
        bitmap[at >>> 3] ^= (byte) (1 << (at & 7));
        changed++;
      }
    }
    return changed;
  }

  private static boolean isEmpty(byte[] bitmap) {
    for (byte b : bitmap) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  private static byte[] key(byte table, long number) {
    return ByteBuffer.allocate(1 + Long.BYTES).put(table).putLong(number).array();
  }
}
