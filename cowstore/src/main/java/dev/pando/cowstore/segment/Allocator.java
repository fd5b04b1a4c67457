package dev.pando.cowstore.segment;

import dev.pando.cowstore.catalog.Catalog;
import dev.pando.cowstore.io.HostException;
import dev.pando.cowstore.io.StoreIo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands out free blocks. A segment is filled by one group of files at a time, so that flushing one
 * VM does not wait for the bytes of another; a file takes a window of neighbours at once.
 *
 * <p>What is handed out is taken here until it is released: it becomes used space in the catalog by
 * the journal's records, not by this class. Thread-safe; the lock is taken once a window.
 */
public final class Allocator {
  /** Groups that fill a segment of their own at the same time. */
  private static final int MAX_ACTIVE_GROUPS = 128;

  /** Less than that of a segment, backed and free, is not worth a look after opening: 1 MiB. */
  private static final long LEAST_BACKED_BYTES = 1L << 20;

  /**
   * Segments that are looked at after opening although no space is wanting: each that has such
   * space keeps its bitmaps in memory and its file open.
   */
  private static final int MOST_LOOKED_AT_UNASKED = 256;

  /** Runs of one segment that are looked at under the lock at a time. */
  private static final int RUNS_AT_A_TIME = 256;

  /** Runs shorter than this are not worth a call to the host: 64 KiB. */
  private static final int PUNCH_BLOCKS = 16;

  /** The most that is reserved at once, so that little is lost by a crash: 256 MiB. */
  private static final int MAX_RESERVED_BLOCKS = 1 << 16;

  private static final Logger LOG = LoggerFactory.getLogger(Allocator.class);

  private final Segments segments;
  private final Catalog catalog;
  private final StoreIo io;
  private final Path directory;
  private final long reserveBytes;

  /** What all files of the store may take on the host. */
  private final LongSupplier limitBytes;

  /** What files of the store take beside the segments. */
  private final LongSupplier otherBytes;

  /** Whether any segment is. */
  private volatile boolean untrimmed;

  /** Whether it was told that the host does not take back what is free. */
  private volatile boolean refusalTold;

  /** Blocks in use, or taken to be; guarded by this. */
  private long takenBlocks;

  /**
   * Blocks that may still be handed out before the host's disk, or the store, is too full: what the
   * host has left and what is free and backed, but no more than the store's limit leaves, less what
   * is set aside. Changed with the lock.
   */
  private volatile long blocksLeft;

  /** What the host has left of that, beside the reserve; guarded by this. */
  private long hostBlocks;

  /** What the store's limit leaves; guarded by this. */
  private long limitBlocks;

  /** Free blocks that the host has space for already; guarded by this. */
  private long reusableBlocks;

  /** Blocks that only windows that draw on them get; changed with the lock. */
  private volatile long blocksSetAside;

  /** Segments that an earlier process left: in which free blocks may be backed. */
  private final int foundSegments;

  /** The first of those that has not been looked at, and from which block on; guarded by this. */
  private int unseenSegment;

  private int unseenBlock;

  /** What the host had left beside the reserve when it was last asked. */
  private volatile long hostBytesLeft;

  /** What the store's own limit left then. */
  private volatile long limitBytesLeft;

  /** Every segment whose space has been asked for; guarded by this. */
  private final Map<Integer, SegmentSpace> spaces = new HashMap<>();

  /** Used blocks of segments that are not in {@link #spaces}; guarded by this. */
  private final Map<Integer, Integer> usedBlocks = new HashMap<>();

  /** The segment that each group fills, least recently used first; guarded by this. */
  private final LinkedHashMap<Long, SegmentSpace> filling = new LinkedHashMap<>(16, 0.75f, true);

  /** Windows that hold blocks; guarded by this. */
  private final Set<Window> windows = new LinkedHashSet<>();

  /**
   * @param directory where the host's free space is asked for
   * @param reserveBytes how much of it is left alone
   * @param limitBytes what the store's files may take on the host, all together
   * @param otherBytes what they take beside the segments
   */
  public Allocator(
      Segments segments,
      Catalog catalog,
      StoreIo io,
      Path directory,
      long reserveBytes,
      LongSupplier limitBytes,
      LongSupplier otherBytes)
      throws IOException {
    this.segments = segments;
    this.catalog = catalog;
    this.io = io;
    this.directory = directory;
    this.reserveBytes = reserveBytes;
    this.limitBytes = limitBytes;
    this.otherBytes = otherBytes;
    this.foundSegments = segments.count();
    for (int index = 0; index < foundSegments; index++) {
      int used = SpaceRecords.usedBlocks(catalog, index);
      usedBlocks.put(index, used);
      takenBlocks += used;
    }
    refreshCapacity();
  }

  /**
   * Takes up to {@code wanted} consecutive free blocks, at least one, from the window.
   *
   * @return a run for {@link Runs#address} and {@link Runs#count}, or -1 if the store is full
   */
  public long allocate(Window window, int wanted) throws IOException {
    synchronized (window) {
      if (window.left == 0 && !refill(window, wanted)) {
        return -1;
      }
      int count = Math.min(wanted, window.left);
      long run = Runs.pack(window.next, count);
      window.next += count;
      window.left -= count;
      window.usedLately = true;
      return run;
    }
  }

  /**
   * Takes up to {@code wanted} consecutive free blocks, at least one, and has the host set space
   * aside for them: a write to them does not fail for want of it.
   *
   * @return a run, or -1 if the store or the host is full
   */
  public long reserve(Window window, long wanted) throws IOException {
    long run = takeRun(window, (int) Math.min(wanted, MAX_RESERVED_BLOCKS));
    if (run < 0) {
      return -1;
    }
    boolean backed = false;
    try {
      segments.back(Runs.address(run), Runs.count(run));
      backed = true;
    } catch (HostException e) {
      if (!e.isDiskFull()) {
        throw e;
      }
    } finally {
      if (!backed) {
        giveUp(Runs.address(run), Runs.count(run));
      }
    }
    return backed ? run : -1;
  }

  /** Whether so many blocks may be handed out, as far as the host can tell. */
  public boolean hasRoomFor(long blocks) throws IOException {
    return hasRoomBeside(0, blocks);
  }

  /** The same for a window, which may draw on what is set aside. */
  public boolean hasRoomFor(long blocks, Window window) throws IOException {
    return hasRoomBeside(window.drawsOnSetAside ? blocksSetAside : 0, blocks);
  }

  private boolean hasRoomBeside(long setAside, long blocks) throws IOException {
    if (blocks > blocksLeft + setAside) {
      refreshCapacity();
      lookForBacked(blocks - setAside);
    }
    return blocks <= blocksLeft + setAside;
  }

  /**
   * Gives back what a window holds whose blocks the host refused to take: another program was
   * faster. The next are handed out by what the host has left.
   */
  public void hostWasFull(Window window) throws IOException {
    synchronized (window) {
      giveBack(window);
      window.hostRefused = true;
    }
    refreshCapacity();
  }

  private boolean refill(Window window, int wanted) throws IOException {
    boolean prefill = window.flushedLately;
    int blocks = Math.max(prefill ? Window.LAST_BLOCKS : window.refillBlocks, wanted);
    long run = takeRun(window, blocks);
    if (run < 0) {
      return false;
    }
    synchronized (this) {
      windows.add(window);
    }
    boolean prefilled = prefill && wanted < Window.LAST_BLOCKS / 4;
    if (prefilled) {
      prefill(run);
    }
    window.prefilled = prefilled;
    window.flushedLately = false;
    window.refillBlocks = Math.min(window.refillBlocks * 2, Window.LAST_BLOCKS);
    window.next = Runs.address(run);
    window.left = Runs.count(run);
    return true;
  }

  private void prefill(long run) throws IOException {
    boolean filled = false;
    try {
      segments.fill(Runs.address(run), Runs.count(run));
      filled = true;
    } finally {
      if (!filled) {
        giveUp(Runs.address(run), Runs.count(run));
      }
    }
  }

  private synchronized long takeRun(Window window, int blocks) throws IOException {
    long setAside = window.drawsOnSetAside ? blocksSetAside : 0;
    if (blocksLeft + setAside <= 0 || hostBlocks <= 0) {
      refreshCapacity();
      lookForBacked(1 - setAside);
      if (blocksLeft + setAside <= 0) {
        return -1;
      }
    }
    // what the host has no room for would be refused when it is written
    boolean refused = hostBlocks <= 0 || window.hostRefused;
    window.hostRefused = false;
    SegmentSpace backedSpace = refused ? reusableSegment(window) : null;
    boolean reusable = backedSpace != null;
    SegmentSpace space = reusable || hostBlocks <= 0 ? backedSpace : fillingSegment(window);
    if (space == null) {
      return -1;
    }
    int most = reusable ? blocks : (int) Math.min(blocks, hostBlocks);
    int before = space.reusableBlocks();
    long run = space.takeRun(most, reusable);
    took(Runs.count(run), before - space.reusableBlocks());
    if (window.drawsOnSetAside) {
      blocksSetAside -= Math.min(Runs.count(run), blocksSetAside);
      recount();
    }
    return run;
  }

  /** The segment that the window's group fills; null if all there can be are full. */
  private SegmentSpace fillingSegment(Window window) throws IOException {
    long group = window.group();
    SegmentSpace space = filling.get(group);
    if (space == null || space.freeBlocks() == 0) {
      space = nextSegment();
      if (space == null) {
        return null;
      }
      filling.put(group, space);
      if (filling.size() > MAX_ACTIVE_GROUPS) {
        filling.remove(filling.keySet().iterator().next());
      }
    }
    return space;
  }

  /** The one that the window's group fills, or else the one with the most, or null. */
  private SegmentSpace reusableSegment(Window window) {
    SegmentSpace best = filling.get(window.group());
    if (best == null || best.reusableBlocks() == 0) {
      best = null;
      for (SegmentSpace space : spaces.values()) {
        if (space.reusableBlocks() > (best == null ? 0 : best.reusableBlocks())) {
          best = space;
        }
      }
    }
    return best;
  }

  /** Counts what was taken, and how much of it was backed; a negative number was given back. */
  private synchronized void took(int count, int backed) {
    takenBlocks += count;
    limitBlocks -= count;
    hostBlocks -= count - backed;
    reusableBlocks -= backed;
    recount();
  }

  private synchronized void recount() {
    // where others have taken of the reserve, what is backed can be used all the same
    long room = Math.max(0, hostBlocks) + reusableBlocks;
    blocksLeft = Math.min(room, limitBlocks) - blocksSetAside;
  }

  /**
   * The emptiest segment that no group fills, or a new one; if there can be no more, any with room,
   * or null.
   */
  private SegmentSpace nextSegment() throws IOException {
    int best = emptiest(false);
    if (best >= 0 && freeBlocks(best) >= Block.PER_SEGMENT / 8) {
      return space(best);
    }
    if (segments.count() < segments.limit()) {
      return space(segments.add());
    }
    best = best < 0 ? emptiest(true) : best;
    return best < 0 ? null : space(best);
  }

  /** The segment with the most free blocks, or -1 if none has any. */
  private int emptiest(boolean alsoFilling) {
    int best = -1;
    int bestFree = 0;
    for (int index = 0; index < segments.count(); index++) {
      SegmentSpace space = spaces.get(index);
      boolean looked = alsoFilling || space == null || !filling.containsValue(space);
      if (looked && freeBlocks(index) > bestFree) {
        best = index;
        bestFree = freeBlocks(index);
      }
    }
    return best;
  }

  private int freeBlocks(int index) {
    if (segments.isDamaged(index)) {
      return 0; // it gives out none
    }
    SegmentSpace space = spaces.get(index);
    return space != null
        ? space.freeBlocks()
        : Block.PER_SEGMENT - usedBlocks.getOrDefault(index, 0);
  }

  private SegmentSpace space(int index) throws IOException {
    SegmentSpace space = spaces.get(index);
    if (space == null) {
      space = SpaceRecords.load(catalog, index);
      spaces.put(index, space);
    }
    return space;
  }

  /**
   * Must be called before the commit that frees these blocks: from then on their segments' space is
   * known here, where they stay taken until they are released.
   */
  public synchronized void hold(Runs freed) throws IOException {
    freed.forEach((address, count) -> space(Block.segment(address)));
  }

  /** Gives runs that nothing can reach any more back: to the host if long enough, and for use. */
  public void release(Runs runs) throws IOException {
    runs.sortAndJoin();
    runs.forEach(this::release);
  }

  /** Gives a run back: to the host if long enough, and for use. */
  public void release(long address, int count) throws IOException {
    boolean punched = count >= PUNCH_BLOCKS && punch(address, count);
    synchronized (this) {
      if (!punched) {
        notTrimmed(address);
      }
      backed(address, count, !punched);
      free(address, count);
    }
  }

  /** Gives back what may be backed in part: nobody knows how far the host came. */
  public void giveUp(long address, int count) throws IOException {
    boolean punched = punch(address, count);
    synchronized (this) {
      if (punched) {
        backed(address, count, false);
      }
      putBack(address, count);
    }
  }

  /** Gives back blocks that were handed out and not used. */
  public synchronized void putBack(long address, int count) throws IOException {
    notTrimmed(address);
    free(address, count);
  }

  private synchronized void backed(long address, int count, boolean isBacked) throws IOException {
    if (isBacked && segments.isDamaged(Block.segment(address))) {
      return; // nothing is handed out from it
    }
    // they are taken still: nothing is counted before they are free
    space(Block.segment(address)).back(Block.inSegment(address), count, isBacked);
  }

  private synchronized void free(long address, int count) throws IOException {
    SegmentSpace space = space(Block.segment(address));
    int before = space.reusableBlocks();
    space.release(Block.inSegment(address), count);
    took(-count, before - space.reusableBlocks());
  }

  /**
   * Looks for free blocks that are backed since before the store was opened, for some milliseconds
   * at most; what is found counts from then on. The rest of a large store is looked at when space
   * is wanting.
   *
   * @return false if enough was looked at
   */
  public synchronized boolean lookForBacked() {
    return unseenSegment < MOST_LOOKED_AT_UNASKED && lookFurther();
  }

  /** The same wherever it was not looked yet; false if that is nowhere. */
  private boolean lookFurther() {
    if (unseenSegment == foundSegments) {
      return false;
    }
    boolean more = false;
    try {
      more = lookForBacked(unseenSegment);
    } catch (IOException e) {
      LOG.debug("segment {} was not looked at for space to use again", unseenSegment, e);
    }
    if (!more) {
      unseenSegment++;
      unseenBlock = 0;
    }
    return true;
  }

  /** Looks at some runs of one segment, and returns whether there are more. */
  private boolean lookForBacked(int index) throws IOException {
    if (segments.isDamaged(index)) {
      return false; // nothing is handed out from it
    }
    if (unseenBlock == 0) {
      SegmentSpace known = spaces.get(index);
      int used = known == null ? usedBlocks.get(index) : Block.PER_SEGMENT - known.freeBlocks();
      if (segments.hostBytes(index) - ((long) used << Block.SHIFT) < LEAST_BACKED_BYTES) {
        return false;
      }
    }
    SegmentSpace space = space(index);
    int before = space.reusableBlocks();
    boolean more = true;
    for (int runs = 0; more && runs < RUNS_AT_A_TIME; runs++) {
      long run = segments.nextBacked(index, unseenBlock);
      more = run >= 0;
      if (more) {
        space.back(Block.inSegment(Runs.address(run)), Runs.count(run), true);
        unseenBlock = Block.inSegment(Runs.address(run)) + Runs.count(run);
        more = unseenBlock < Block.PER_SEGMENT;
      }
    }
    if (space.reusableBlocks() > before) {
      notTrimmed(Block.address(index, 0));
      reusableBlocks += space.reusableBlocks() - before;
      recount();
    }
    return more;
  }

  /** The same until so many blocks may be handed out. */
  private void lookForBacked(long blocks) {
    boolean more = true;
    while (more && blocksLeft < blocks) {
      more = lookFurther();
    }
  }

  /** Whether there may be free blocks that the host was not given back. */
  public boolean isUntrimmed() {
    return untrimmed;
  }

  /**
   * Gives the host back what is free, also what is too little to be worth it otherwise.
   *
   * @param everywhere also where nothing became free since the store was opened
   * @param between called before each step, of at most 256 MiB: by an exception it ends this
   * @throws IOException also if the host took something not back; the rest is given back all the
   *     same
   */
  public void trim(boolean everywhere, Between between) throws IOException {
    untrimmed = false;
    boolean taken = true;
    for (int index = 0; index < segments.count(); index++) {
      int end;
      synchronized (this) {
        SegmentSpace space = everywhere ? space(index) : spaces.get(index);
        if (space == null || !(everywhere || space.untrimmed) || segments.isDamaged(index)) {
          continue;
        }
        space.untrimmed = false;
        end = everywhere ? segments.blocksInFile(index) : space.end();
      }
      taken &= trim(index, end, between);
    }
    if (!taken) {
      throw new IOException("the host did not take back all that is free; the log says why");
    }
  }

  /** Whether the host took back what is free in a segment. */
  private boolean trim(int segment, int end, Between between) throws IOException {
    boolean taken = true;
    for (int at = 0; at < end; ) {
      between.steps();
      long run;
      synchronized (this) {
        SegmentSpace space = space(segment);
        int before = space.reusableBlocks();
        run = space.takeRun(at, Math.min(MAX_RESERVED_BLOCKS, end - at), false);
        if (run < 0) {
          return taken;
        }
        took(Runs.count(run), before - space.reusableBlocks());
      }
      boolean punched = punch(Runs.address(run), Runs.count(run));
      synchronized (this) {
        if (punched) {
          backed(Runs.address(run), Runs.count(run), false);
        } else {
          taken = false;
          notTrimmed(Runs.address(run));
        }
        free(Runs.address(run), Runs.count(run));
      }
      at = Block.inSegment(Runs.address(run)) + Runs.count(run);
    }
    return taken;
  }

  /**
   * Gives free blocks back to the host. That it does not take them, for want of holes in its files
   * or of room to note them, costs its space and nothing else.
   *
   * @return whether it did
   */
  private boolean punch(long address, int count) {
    try {
      segments.punch(address, count);
      return true;
    } catch (IOException refused) {
      if (!refusalTold) {
        refusalTold = true;
        LOG.warn("the host does not take back what is free: {}", refused.getMessage());
      }
      return false;
    }
  }

  private synchronized void notTrimmed(long address) throws IOException {
    space(Block.segment(address)).untrimmed = true;
    untrimmed = true;
  }

  /** Takes the blocks back from windows that were not used since the last call. */
  public void closeIdleWindows() throws IOException {
    List<Window> held;
    synchronized (this) {
      held = new ArrayList<>(windows);
    }
    for (Window window : held) {
      synchronized (window) {
        if (!window.usedLately) {
          giveBack(window);
        }
        window.usedLately = false;
      }
    }
  }

  /** The window's lock is held. */
  private synchronized void giveBack(Window window) throws IOException {
    windows.remove(window);
    if (window.left > 0) {
      if (window.prefilled) {
        backed(window.next, window.left, true);
      }
      putBack(window.next, window.left);
    }
    window.left = 0;
  }

  /** Asks the host how much space is left, and looks how much of the store's limit is. */
  public void refreshCapacity() throws IOException {
    long hostLeft = io.availableBytes(directory) - reserveBytes;
    long limit = limitBytes.getAsLong();
    long other = otherBytes.getAsLong();
    synchronized (this) {
      hostBytesLeft = hostLeft;
      limitBytesLeft =
          limit == Long.MAX_VALUE ? limit : limit - other - (takenBlocks << Block.SHIFT);
      hostBlocks = hostLeft >> Block.SHIFT;
      limitBlocks = limitBytesLeft >> Block.SHIFT;
      recount();
    }
  }

  /**
   * Sets space aside for windows that draw on it; replaces what was set aside before. It may be
   * more than there is.
   */
  public synchronized void setAside(long bytes) {
    blocksSetAside = bytes >> Block.SHIFT;
    recount();
  }

  /** What is set aside. */
  public long setAsideBytes() {
    return blocksSetAside << Block.SHIFT;
  }

  /** What the store's files may still grow by on the host, beside what is never handed out. */
  public synchronized long growthBytes() {
    return Math.max(0, Math.min(hostBlocks, limitBlocks)) << Block.SHIFT;
  }

  /**
   * Bytes that the store may still take for what is not data, those included that are never handed
   * out.
   */
  public long otherRoomBytes() {
    return Math.max(0, Math.min(hostBytesLeft + reserveBytes, limitBytesLeft));
  }

  /** The part of the host's space that is never handed out. */
  public long reserveBytes() {
    return reserveBytes;
  }

  /** Bytes that may still be handed out. */
  public long availableBytes() {
    return Math.max(0, blocksLeft << Block.SHIFT);
  }

  /** The same; negative if more is set aside than there is. */
  public long signedAvailableBytes() {
    return blocksLeft << Block.SHIFT;
  }
}
