package dev.pando.cowstore.map;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * One page of a block map, level 0 being a leaf: FORMAT.md, chapter 3.
 *
 * <p>Entries are read by any thread and changed by the holder of the log lock. An inner page
 * remembers the live instances of the pages below it, weakly; the ids in its entries are the truth,
 * and an instance counts only if it bears that id.
 *
 * <p>A page that is changed belongs to a dirty generation. The first change after a cut keeps the
 * page as it was at the cut ({@link #prepare}), for the commit to store.
 */
public final class MapPage {
  /** Entries a page, and its logarithm. */
  public static final int ENTRIES = 256;

  static final int BITS = 8;

  /** Levels a tree can have: 4 PiB. */
  static final int MAX_LEVELS = 5;

  private static final int ENTRY_BYTES = 5;
  private static final int CHECKSUM_OFFSET = 0;
  private static final int LEVEL_OFFSET = 4;
  private static final int EPOCH_OFFSET = 8;
  private static final int ENTRIES_OFFSET = 16;

  /** Bytes of a stored page. */
  public static final int IMAGE_BYTES = ENTRIES_OFFSET + ENTRIES * ENTRY_BYTES;

  private static final VarHandle ENTRY = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle BELOW = MethodHandles.arrayElementVarHandle(WeakReference[].class);

  final long id;
  final int level;

  /**
   * The epoch of the file that owns the page, or an alias of it; changed under the log lock, after
   * {@link #prepare}. Whoever reads it sees one or the other, which mean the same.
   */
  volatile long epoch;

  private final long[] entries = new long[ENTRIES];
  private final WeakReference<?>[] below;

  /** What pages above and the page table keep of this one. */
  final WeakReference<MapPage> self = new WeakReference<>(this);

  /** The generation that changed it last; guarded by the log lock. */
  private int dirtyGeneration;

  /** As it was at the cut that ended {@link #imageGeneration}; guarded by this. */
  private ByteBuffer image;

  /** The newest generation whose state has been taken from this page; guarded by this. */
  private int imageGeneration;

  MapPage(long id, int level, long epoch) {
    this.id = id;
    this.level = level;
    this.epoch = epoch;
    this.below = level == 0 ? null : new WeakReference<?>[ENTRIES];
  }

  /**
   * A copy of {@code source} that belongs to {@code epoch}; private marks do not come along, and
   * reserved blocks are holes in it.
   */
  static MapPage copy(MapPage source, long id, long epoch) {
    MapPage copy = new MapPage(id, source.level, epoch);
    for (int slot = 0; slot < ENTRIES; slot++) {
      long entry = source.entry(slot);
      copy.entries[slot] = source.level == 0 ? Entry.data(entry) : entry;
    }
    if (source.level > 0) {
      System.arraycopy(source.below, 0, copy.below, 0, ENTRIES);
    }
    return copy;
  }

  /** The page's id: its key in the catalog. */
  public long id() {
    return id;
  }

  /** The epoch of the file that owns the page. */
  public long epoch() {
    return epoch;
  }

  /** 0 for a leaf. */
  public int level() {
    return level;
  }

  /** How many leaves an inner page covers before those below {@code slot}. */
  public long leavesBefore(int slot) {
    return (long) slot << (BITS * (level - 1));
  }

  /** The entry in {@code slot}. */
  public long entry(int slot) {
    return (long) ENTRY.getAcquire(entries, slot);
  }

  void set(int slot, long entry) {
    ENTRY.setRelease(entries, slot, entry);
  }

  /** The live instance of the page below, if this page knows it. */
  MapPage below(int slot, long childId) {
    WeakReference<?> reference = (WeakReference<?>) BELOW.getAcquire(below, slot);
    MapPage child = reference == null ? null : (MapPage) reference.get();
    return child != null && child.id == childId ? child : null;
  }

  void remember(int slot, MapPage child) {
    BELOW.setRelease(below, slot, child.self);
  }

  /**
   * Must be called, under the log lock, before a change: keeps the state of the last cut if a
   * commit still needs it. Returns whether the page is new to the current generation.
   */
  boolean prepare(int currentGeneration) {
    if (dirtyGeneration == currentGeneration) {
      return false;
    }
    synchronized (this) {
      if (dirtyGeneration != 0 && imageGeneration < dirtyGeneration) {
        image = ByteBuffer.allocateDirect(IMAGE_BYTES);
        encode(image);
        imageGeneration = dirtyGeneration;
      }
    }
    dirtyGeneration = currentGeneration;
    return true;
  }

  /** Writes the page as it was when {@code generation}, which changed it, was cut. */
  synchronized ByteBuffer imageOf(int generation, ByteBuffer scratch) {
    if (imageGeneration >= generation && image != null) {
      ByteBuffer kept = image;
      image = null;
      return kept;
    }
    encode(scratch);
    imageGeneration = generation;
    return scratch;
  }

  /** Fills {@code out} with the page's image and flips it. */
  private void encode(ByteBuffer out) {
    out.clear().order(java.nio.ByteOrder.LITTLE_ENDIAN);
    out.putInt(0).put((byte) level).put((byte) 0).putShort((short) 0).putLong(epoch);
    for (int slot = 0; slot < ENTRIES; slot++) {
      long entry = entry(slot);
      out.putInt((int) entry).put((byte) (entry >>> 32));
    }
    out.flip();
    out.putInt(CHECKSUM_OFFSET, checksum(id, out));
  }

  /** The page that {@code in} is the image of. */
  public static MapPage decode(long id, ByteBuffer in) throws DamagedPageException {
    if (in.remaining() != IMAGE_BYTES || in.getInt(CHECKSUM_OFFSET) != checksum(id, in)) {
      throw new DamagedPageException("map page " + id + " fails its checksum");
    }
    MapPage page = new MapPage(id, in.get(LEVEL_OFFSET), in.getLong(EPOCH_OFFSET));
    for (int slot = 0; slot < ENTRIES; slot++) {
      int at = ENTRIES_OFFSET + slot * ENTRY_BYTES;
      page.entries[slot] = (in.getInt(at) & 0xffffffffL) | (in.get(at + 4) & 0xffL) << 32;
    }
    return page;
  }

  private static int checksum(long id, ByteBuffer image) {
    CRC32C crc = new CRC32C();
    crc.update(image.duplicate().position(LEVEL_OFFSET).limit(IMAGE_BYTES));
    return (int) crc.getValue() ^ Long.hashCode(id);
  }
}
