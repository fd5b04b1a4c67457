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
import java.util.concurrent.atomic.AtomicLong;
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

  /** Blocks that may still be handed out before the host's disk, or the store, is too full. */
  private final AtomicLong blocksLeft = new AtomicLong();

  /** Blocks that only windows that draw on them get. */
  private final AtomicLong blocksSetAside = new AtomicLong();

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
    for (int index = 0; index < segments.count(); index++) {
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
        release(Runs.address(run), Runs.count(run));
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
    return hasRoomBeside(window.drawsOnSetAside ? blocksSetAside.get() : 0, blocks);
  }

  private boolean hasRoomBeside(long setAside, long blocks) throws IOException {
    if (blocks > blocksLeft.get() + setAside) {
      refreshCapacity();
    }
    return blocks <= blocksLeft.get() + setAside;
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
    if (prefill && wanted < Window.LAST_BLOCKS / 4) {
      prefill(run);
    }
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
        putBack(Runs.address(run), Runs.count(run));
      }
    }
  }

  private synchronized long takeRun(Window window, int blocks) throws IOException {
    long group = window.group();
    long setAside = window.drawsOnSetAside ? blocksSetAside.get() : 0;
    if (blocksLeft.get() + setAside <= 0) {
      refreshCapacity();
      if (blocksLeft.get() + setAside <= 0) {
        return -1;
      }
    }
    SegmentSpace space = filling.get(group);
    if (space == null || space.freeBlocks() == 0) {
      space = nextSegment();
      filling.put(group, space);
      if (filling.size() > MAX_ACTIVE_GROUPS) {
        filling.remove(filling.keySet().iterator().next());
      }
    }
    long run = space.takeRun(blocks);
    took(run);
    if (window.drawsOnSetAside) {
      draw(Runs.count(run));
    }
    return run;
  }

  /** What was taken comes from what was set aside, as far as that goes. */
  private synchronized void draw(int blocks) {
    long drawn = Math.min(blocks, blocksSetAside.get());
    blocksSetAside.addAndGet(-drawn);
    blocksLeft.addAndGet(drawn);
  }

  private synchronized void took(long run) {
    blocksLeft.addAndGet(-Runs.count(run));
    takenBlocks += Runs.count(run);
  }

  /** The emptiest segment that no group fills, or a new one. */
  private SegmentSpace nextSegment() throws IOException {
    int best = -1;
    int bestFree = 0;
    for (int index = 0; index < segments.count(); index++) {
      SegmentSpace space = spaces.get(index);
      int free =
          space != null
              ? space.freeBlocks()
              : Block.PER_SEGMENT - usedBlocks.getOrDefault(index, 0);
      if (free > bestFree && (space == null || !filling.containsValue(space))) {
        best = index;
        bestFree = free;
      }
    }
    if (best >= 0 && bestFree >= Block.PER_SEGMENT / 8) {
      return space(best);
    }
    if (segments.count() < Segments.LIMIT) {
      return space(segments.add());
    }
    return space(best);
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
    if (count < PUNCH_BLOCKS || !punch(address, count)) {
      notTrimmed(address);
    }
    free(address, count);
  }

  /** Gives back blocks that were handed out and not used. */
  public synchronized void putBack(long address, int count) throws IOException {
    notTrimmed(address);
    free(address, count);
  }

  private synchronized void free(long address, int count) throws IOException {
    space(Block.segment(address)).release(Block.inSegment(address), count);
    blocksLeft.addAndGet(count);
    takenBlocks -= count;
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
        if (space == null || !(everywhere || space.untrimmed)) {
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
        run = space(segment).takeRun(at, Math.min(MAX_RESERVED_BLOCKS, end - at));
        if (run < 0) {
          return taken;
        }
        took(run);
      }
      if (!punch(Runs.address(run), Runs.count(run))) {
        taken = false;
        notTrimmed(Runs.address(run));
      }
      free(Runs.address(run), Runs.count(run));
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
          synchronized (this) {
            windows.remove(window);
            if (window.left > 0) {
              putBack(window.next, window.left);
            }
          }
          window.left = 0;
        }
        window.usedLately = false;
      }
    }
  }

  /** Asks the host how much space is left, and looks how much of the store's limit is. */
  public void refreshCapacity() throws IOException {
    hostBytesLeft = io.availableBytes(directory) - reserveBytes;
    long limit = limitBytes.getAsLong();
    long other = otherBytes.getAsLong();
    synchronized (this) {
      limitBytesLeft =
          limit == Long.MAX_VALUE ? limit : limit - other - (takenBlocks << Block.SHIFT);
      long bytesLeft = Math.min(hostBytesLeft, limitBytesLeft);
      blocksLeft.set((bytesLeft >> Block.SHIFT) - blocksSetAside.get());
    }
  }

  /**
   * Sets space aside for windows that draw on it; replaces what was set aside before. It may be
   * more than there is.
   */
  public synchronized void setAside(long bytes) {
    long blocks = bytes >> Block.SHIFT;
    blocksLeft.addAndGet(blocksSetAside.getAndSet(blocks) - blocks);
  }

  /** What is set aside. */
  public long setAsideBytes() {
    return blocksSetAside.get() << Block.SHIFT;
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
    return Math.max(0, blocksLeft.get() << Block.SHIFT);
  }

  /** The same; negative if more is set aside than there is. */
  public long signedAvailableBytes() {
    return blocksLeft.get() << Block.SHIFT;
  }
}
