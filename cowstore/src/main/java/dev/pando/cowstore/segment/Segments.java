package dev.pando.cowstore.segment;

import dev.pando.cowstore.catalog.Catalog;
import dev.pando.cowstore.catalog.DamagedCatalogException;
import dev.pando.cowstore.io.NativeMemory;
import dev.pando.cowstore.io.StoreFile;
import dev.pando.cowstore.io.StoreIo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The data files of a store, {@code segments/00000000} and on. Reads and writes are by block
 * address and go between the file and native memory; thread-safe, without locks.
 */
public final class Segments implements AutoCloseable {
  /** Segments a store can have: 256 TiB. */
  private static final int LIMIT = 1 << 18;

  private static final int ZERO_BLOCKS = 256;
  private static final NativeMemory ZEROS = NativeMemory.allocate(ZERO_BLOCKS << Block.SHIFT);

  private static final Logger LOG = LoggerFactory.getLogger(Segments.class);

  private final Path directory;
  private final StoreIo io;
  private final Runnable flushFailed;
  private final int limit;
  private final AtomicReferenceArray<Segment> open;
  private volatile int count;

  /** Segments whose file is missing or cut short, and how many blocks it has. */
  private volatile Map<Integer, Integer> damaged = Map.of();

  /** From then on none is opened; guarded by this. */
  private boolean closed;

  private Segments(Path directory, StoreIo io, Runnable flushFailed, int count, int limit) {
    this.directory = directory;
    this.limit = limit;
    this.open = new AtomicReferenceArray<>(limit);
    this.io = io;
    this.flushFailed = flushFailed;
    this.count = count;
  }

  /** As {@link #open(Path, StoreIo, Runnable)}, for who writes nothing. */
  public static Segments open(Path directory, StoreIo io) throws IOException {
    return open(directory, io, () -> {});
  }

  /**
   * The segments in {@code directory}, which is made if it does not exist.
   *
   * @param flushFailed is run, by any thread, when a flush has failed, before anyone is told
   */
  public static Segments open(Path directory, StoreIo io, Runnable flushFailed) throws IOException {
    return open(directory, io, flushFailed, LIMIT);
  }

  /** The same, for who writes nothing, of a store that can have {@code limit} segments. */
  static Segments open(Path directory, StoreIo io, int limit) throws IOException {
    return open(directory, io, () -> {}, limit);
  }

  /**
   * The same for a store that can have {@code limit} segments.
   *
   * @throws IOException there is one beyond
   */
  private static Segments open(Path directory, StoreIo io, Runnable flushFailed, int limit)
      throws IOException {
    Files.createDirectories(directory);
    try (Stream<Path> files = Files.list(directory)) {
      long count =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.matches("[0-9a-f]{8}"))
              .mapToLong(name -> Long.parseLong(name, 16) + 1)
              .max()
              .orElse(0);
      if (count > limit) {
        throw new IOException(
            "%s/%08x is no segment: a store has %d at most".formatted(directory, count - 1, limit));
      }
      return new Segments(directory, io, flushFailed, (int) count, limit);
    }
  }

  /** How many segments there are. */
  public int count() {
    return count;
  }

  /** How many there can be. */
  int limit() {
    return limit;
  }

  /**
   * Compares the files with what the catalog says is in use, before anything is read: every block
   * that is in use lies inside its segment's file. From then on a segment whose file is missing or
   * cut short is read as far as it goes, and nothing is written behind its end.
   *
   * @return what is lost, a sentence for each such segment that holds anything
   */
  public synchronized List<String> findLosses(Catalog catalog) throws IOException {
    List<String> losses = new ArrayList<>();
    Map<Integer, Integer> found = new HashMap<>();
    count = Math.max(count, SpaceRecords.segmentsInUse(catalog));
    for (int index = 0; index < count; index++) {
      int blocks = wholeBlocksInFile(index);
      int end = endOfUsed(catalog, index);
      if (blocks < 0 || blocks < end) {
        found.put(index, Math.max(0, blocks));
      }
      if (blocks < end) {
        losses.add(
            "segment file %s is %s: up to %,d bytes of data can not be read"
                .formatted(
                    path(index).getFileName(),
                    blocks < 0 ? "missing" : "cut short",
                    lostBlocks(catalog, index, Math.max(0, blocks)) << Block.SHIFT));
      }
    }
    damaged = Map.copyOf(found);
    return losses;
  }

  private static int endOfUsed(Catalog catalog, int index) throws IOException {
    try {
      return SpaceRecords.endOfUsed(catalog, index);
    } catch (DamagedCatalogException e) {
      return 0; // nothing is known of it, and nothing will be handed out from it
    }
  }

  private static long lostBlocks(Catalog catalog, int index, int blocksInFile) throws IOException {
    long[] lost = {0};
    SpaceRecords.scanUsed(
        catalog,
        index,
        (address, runBlocks) -> {
          int first = Math.max(Block.inSegment(address), blocksInFile);
          lost[0] += Math.max(0, Block.inSegment(address) + runBlocks - first);
        });
    return lost[0];
  }

  /** How many blocks a segment's file has, whole ones; -1 if it is missing. */
  public int wholeBlocksInFile(int index) throws IOException {
    Path path = path(index);
    return Files.exists(path) ? (int) (Files.size(path) >>> Block.SHIFT) : -1;
  }

  /** Whether its file was missing or cut short when the store was opened. */
  boolean isDamaged(int index) {
    return damaged.containsKey(index);
  }

  /** Makes the next segment, and returns its index. */
  synchronized int add() throws IOException {
    checkOpen();
    int index = count;
    if (index >= limit) {
      throw new IOException("the store has " + limit + " segments, the most it can have");
    }
    open.set(index, new Segment(index, io.open(path(index), true), Block.PER_SEGMENT, flushFailed));
    count = index + 1;
    return index;
  }

  /** Reads within consecutive blocks of one segment, from {@code offsetInBlock} of the first on. */
  public void read(long address, int offsetInBlock, long memory, int length) throws IOException {
    segment(Block.segment(address)).read(address, offsetInBlock, memory, length);
  }

  /** Writes within consecutive blocks of one segment. */
  public void write(long address, int offsetInBlock, long memory, int length) throws IOException {
    segment(Block.segment(address)).write(address, offsetInBlock, memory, length);
  }

  /**
   * Writes within consecutive blocks of one segment what the next commit refers to: newly allocated
   * blocks, or the part of a block that the file did not reach to before.
   */
  public void place(long address, int offsetInBlock, long memory, int length) throws IOException {
    segment(Block.segment(address)).place(address, offsetInBlock, memory, length);
  }

  /** Fills consecutive blocks of one segment with zeros. */
  void fill(long address, int blocks) throws IOException {
    for (int done = 0; done < blocks; done += ZERO_BLOCKS) {
      int count = Math.min(ZERO_BLOCKS, blocks - done);
      write(address + done, 0, ZEROS.address(), count << Block.SHIFT);
    }
  }

  /** How many writes to a segment have ended since the store was opened: the last one's number. */
  public long writes(int index) {
    Segment segment = open.get(index);
    return segment == null ? 0 : segment.writes();
  }

  /**
   * Makes the writes to a segment durable up to that number; whatever was made durable already is
   * not flushed again.
   */
  public void flush(int index, long write) throws IOException {
    Segment segment = open.get(index);
    if (segment != null) {
      segment.flush(write);
    }
  }

  /** Whether the writes to a segment are durable up to that number. */
  public boolean isFlushed(int index, long write) {
    Segment segment = open.get(index);
    return segment == null || segment.isFlushed(write);
  }

  /** Makes every write that ended before the call durable. */
  public void flushAll(Pace pace) throws IOException {
    for (int index = 0; index < count; index++) {
      Segment segment = open.get(index);
      if (segment != null) {
        segment.flush(pace);
      }
    }
  }

  /**
   * Makes everything that was {@link #place placed} before the call durable. What was written in
   * place may be, or not.
   */
  public void flushPlaced(Pace pace) throws IOException {
    for (int index = 0; index < count; index++) {
      Segment segment = open.get(index);
      if (segment != null) {
        segment.flushPlaced(pace);
      }
    }
  }

  /**
   * Makes every segment durable, whoever wrote it: after a crash, what an earlier process wrote may
   * be in the host's page cache only. To be called before any segment is used, and none stays open
   * for it: there may be more than a process may have open.
   *
   * @return false if that failed, or something that was written earlier could not be written back,
   *     of which nobody was told
   */
  public boolean flushEarlierWrites() throws IOException {
    for (int index = 0; index < count; index++) {
      if (!Files.exists(path(index))) {
        continue;
      }
      try (StoreFile file = io.open(path(index), false)) {
        if (!isSynced(index, file)) {
          return false;
        }
      }
    }
    return true;
  }

  /**
   * The same when something that earlier processes wrote was lost on its way to the disk. The host
   * may go on showing that for a while and then show what the disk has: it is to do so now.
   */
  public void flushWhatIsLeft() throws IOException {
    for (int index = 0; index < count; index++) {
      if (!Files.exists(path(index))) {
        continue;
      }
      try (StoreFile file = io.open(path(index), false)) {
        boolean unused = isSynced(index, file); // it may tell once more what is known
        file.forget();
        file.sync();
      }
    }
  }

  private static boolean isSynced(int index, StoreFile file) {
    try {
      file.sync();
      return true;
    } catch (IOException e) {
      LOG.warn("segment {} was not written as a whole: {}", index, e.getMessage());
      return false;
    }
  }

  /** How many blocks a segment's file is long; nothing is allocated behind them. */
  int blocksInFile(int index) throws IOException {
    return (int) ((Files.size(path(index)) + Block.BYTES - 1) >>> Block.SHIFT);
  }

  /** What the segments take on the host. */
  public long hostBytes() throws IOException {
    long bytes = 0;
    for (int index = 0; index < count; index++) {
      bytes += hostBytes(index);
    }
    return bytes;
  }

  /** What one segment takes on the host. */
  long hostBytes(int index) throws IOException {
    return isDamaged(index) && !Files.exists(path(index)) ? 0 : io.hostBytes(path(index));
  }

  /**
   * The next run of blocks of a segment that the host holds data for.
   *
   * @param from where to begin, within the segment
   * @return a run within the segment's file, or -1 if there is none, or the host can not tell
   */
  long nextBacked(int index, int from) throws IOException {
    Segment segment = segment(index);
    for (int first = segment.nextData(from); first >= 0; first = segment.nextData(first + 1)) {
      int end = Math.min(Block.PER_SEGMENT, segment.nextHole(first));
      if (end > first) {
        return Runs.pack(Block.address(index, first), end - first);
      }
    }
    return -1;
  }

  /** Has the host set space aside for consecutive free blocks of one segment. */
  void back(long address, int blocks) throws IOException {
    if (!segment(Block.segment(address)).allocate(Block.inSegment(address), blocks)) {
      for (int done = 0; done < blocks; done += ZERO_BLOCKS) {
        int count = Math.min(ZERO_BLOCKS, blocks - done);
        // as new blocks: a commit that names them must flush them, however long this takes
        place(address + done, 0, ZEROS.address(), count << Block.SHIFT);
      }
    }
  }

  /** Gives the space of consecutive blocks of one segment back to the host. */
  void punch(long address, int blocks) throws IOException {
    segment(Block.segment(address)).punch(Block.inSegment(address), blocks);
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    for (int index = 0; index < count; index++) {
      Segment segment = open.getAndSet(index, null);
      if (segment != null) {
        segment.close();
      }
    }
  }

  private Segment segment(int index) throws IOException {
    Segment segment = open.get(index);
    return segment != null ? segment : openSegment(index);
  }

  private synchronized Segment openSegment(int index) throws IOException {
    checkOpen();
    Segment segment = open.get(index);
    if (segment == null) {
      if (index >= count) {
        throw new IOException("segment " + index + " is missing from " + directory);
      }
      int end = damaged.getOrDefault(index, Block.PER_SEGMENT);
      segment = new Segment(index, io.open(path(index), false), end, flushFailed);
      open.set(index, segment);
    }
    return segment;
  }

  private void checkOpen() throws IOException {
    if (closed) {
      throw new IOException("the store is closed");
    }
  }

  private Path path(int index) {
    return directory.resolve(String.format("%08x", index));
  }
}
