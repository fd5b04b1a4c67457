package dev.pando.cowstore;

import dev.pando.cowstore.catalog.Catalog;
import dev.pando.cowstore.io.NativeBuffer;
import dev.pando.cowstore.io.NativeIo;
import dev.pando.cowstore.io.RecordingIo;
import dev.pando.cowstore.journal.Journal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A store that ended without a farewell, of which it is known what it had acknowledged and what it
 * had synced. It can be damaged, opened and put back as it was, as often as one likes.
 *
 * <p>Each block and each record of the layer above holds a stamp, and stamps rise: what is found
 * must be no older than what must be there.
 */
final class CrashedStore implements AutoCloseable {
  private static final int FILES = 4;
  private static final int BLOCKS = 40;
  private static final int KEYS = 6;
  private static final int BLOCK = 4096;
  private static final int SECTOR = 512;

  /** So large that the journal goes round now and then. */
  private static final int LARGEST_VALUE_BYTES = 12 << 10;

  private final Path directory;
  private final RecordingIo io = new RecordingIo();
  private final StoreOptions options;
  private final Random random;
  private final NativeBuffer buffer = NativeBuffer.of(BLOCK);
  private final List<Long> files = new ArrayList<>();
  private CowStore store;
  private long stamp;

  private Stamps acknowledged = new Stamps();
  private Stamps synced = new Stamps();

  /** What was synced after each flush of the journal since the last commit that was asked for. */
  private final List<Stamps> flushes = new ArrayList<>();

  private Records records;
  private Map<Path, byte[]> saved = Map.of();

  /** Stamps by file, block and key; 0 for none. */
  static final class Stamps {
    private final long[][] blocks = new long[FILES][BLOCKS];
    private final long[] keys = new long[KEYS];

    Stamps copy() {
      Stamps copy = new Stamps();
      for (int file = 0; file < FILES; file++) {
        copy.blocks[file] = blocks[file].clone();
      }
      System.arraycopy(keys, 0, copy.keys, 0, KEYS);
      return copy;
    }
  }

  /** Part of the journal's file. */
  record Part(int from, int length) {
    int end() {
      return from + length;
    }
  }

  /**
   * The records that stood in the journal behind the last commit when the process ended.
   *
   * @param begin where the first one stands in the file
   * @param ringBytes the length of the ring
   * @param all where each stands
   * @param marks where each mark among them stands
   */
  record Records(int begin, int ringBytes, List<Part> all, List<Part> marks) {
    /** How far behind the first record a place is. */
    int order(int offset) {
      return Math.floorMod(offset - begin, ringBytes);
    }
  }

  /**
   * Makes one that had several lives.
   *
   * @param seed decides what it did
   */
  CrashedStore(Path directory, long seed) throws IOException {
    this.directory = directory;
    this.random = new Random(seed);
    this.options = Machine.options().withIo(io);
    store = CowStore.open(directory, options);
    for (int file = 0; file < FILES; file++) {
      files.add(new Bytes(store).create().id());
    }
    commit();
    for (int life = random.nextInt(3); life > 0; life--) {
      live(random.nextInt(120), true);
      if (random.nextBoolean()) {
        store.close();
        synced = acknowledged.copy();
      } else {
        end(random.nextBoolean());
      }
      store = CowStore.open(directory, options);
      refresh();
    }
    for (int fill = random.nextInt(120); fill > 0; fill--) {
      put(0, LARGEST_VALUE_BYTES);
    }
    commit();
    live(60 + random.nextInt(150), false);
  }

  private void live(int operations, boolean commits) throws IOException {
    for (int i = 0; i < operations; i++) {
      int kind = random.nextInt(100);
      if (kind < 50) {
        write(random.nextInt(FILES), random.nextInt(BLOCKS));
      } else if (kind < 80) {
        put(random.nextInt(KEYS), random.nextInt(4) == 0 ? LARGEST_VALUE_BYTES : 8);
      } else if (kind < 97 || !commits) {
        sync(random.nextInt(FILES));
      } else {
        commit();
      }
    }
  }

  private void write(int file, int block) throws IOException {
    long value = ++stamp;
    ByteBuffer content = ByteBuffer.allocate(BLOCK);
    while (content.hasRemaining()) {
      content.putLong(value);
    }
    buffer.bytes().put(0, content.array());
    CowFile target = store.file(files.get(file));
    if (random.nextInt(4) > 0) { // in place it would need no record
      target.unmap((long) block * BLOCK, BLOCK);
    }
    target.write((long) block * BLOCK, buffer.address(), BLOCK);
    acknowledged.blocks[file][block] = value;
  }

  private void put(int key, int bytes) throws IOException {
    long value = ++stamp;
    byte[] content = ByteBuffer.allocate(bytes).putLong(value).array();
    store.change().put(new byte[] {1, (byte) key}, content).apply();
    acknowledged.keys[key] = value;
  }

  private void sync(int file) throws IOException {
    long position = store.engine().journal.position();
    store.sync(List.of(store.file(files.get(file))));
    synced.blocks[file] = acknowledged.blocks[file].clone();
    System.arraycopy(acknowledged.keys, 0, synced.keys, 0, KEYS);
    if (store.engine().journal.position() > position) { // or there was nothing to flush
      flushes.add(synced.copy());
    }
  }

  private void commit() throws IOException {
    store.commit();
    synced = acknowledged.copy();
    flushes.clear();
    flushes.add(synced.copy());
  }

  /** Ends the process, or takes the power away. */
  void end(boolean powerLoss) throws IOException {
    io.stop();
    store.abandon();
    records = readRecords();
    if (powerLoss) {
      io.powerLoss(random.nextLong());
    } else {
      io.restart();
    }
  }

  /** Ends the process, and has another boot find all that was written. */
  void endWithAllWritten() throws IOException {
    io.stop();
    store.abandon();
    records = readRecords();
    io.reboot();
  }

  /** The records of the last session that the catalog does not have. */
  private Records readRecords() throws IOException {
    StoreHeader header;
    try (Catalog catalog = Catalog.open(directory.resolve("catalog"))) {
      header = StoreHeader.decode(catalog.record(StoreHeader.KEY));
    }
    List<Part> all = new ArrayList<>();
    List<Part> marks = new ArrayList<>();
    Path file = journal();
    try (Journal read = new Journal(new NativeIo().map(file, (int) Files.size(file)))) {
      read.scan(
          header.nonce(),
          header.position(),
          header.lastRecord(),
          (number, type, body) -> {
            int from = body.position() - Journal.HEADER_BYTES;
            Part part = new Part(from, body.limit() - from);
            all.add(part);
            if (type == RecordType.MARK) {
              marks.add(part);
            }
          });
      int begin = (int) read.fileOffset(header.position());
      return new Records(begin, read.capacityBytes(), all, marks);
    }
  }

  Records records() {
    return records;
  }

  Path journal() {
    return directory.resolve("journal");
  }

  /** Keeps what {@link #restore} brings back. */
  void save() throws IOException {
    saved = new TreeMap<>();
    for (Path file : List.of(journal(), catalog(), directory.resolve("open"))) {
      saved.put(file, Files.readAllBytes(file));
    }
  }

  private Path catalog() {
    return directory.resolve("catalog/data.mdb");
  }

  /** Brings the store back to what it was when it was saved; its files stay the same ones. */
  void restore() throws IOException {
    for (Map.Entry<Path, byte[]> file : saved.entrySet()) {
      try (FileChannel channel =
          FileChannel.open(file.getKey(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(file.getValue()), 0);
        channel.truncate(file.getValue().length);
      }
    }
  }

  /** Changes the journal's file. */
  void damage(int offset, byte[] content) throws IOException {
    try (FileChannel channel = FileChannel.open(journal(), StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(content), offset);
    }
  }

  byte[] savedJournal() {
    return saved.get(journal());
  }

  void cut(int bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(journal(), StandardOpenOption.WRITE)) {
      channel.truncate(bytes);
    }
  }

  /** All that was acknowledged. */
  Stamps acknowledged() {
    return acknowledged;
  }

  /** All that was synced. */
  Stamps synced() {
    return synced;
  }

  /**
   * What must be there, or be missed, after the loss of power, if this part of the file is damaged.
   * All that was synced, unless it is what the last flush wrote: that may look like a flush that
   * was broken off, and then what was synced before it must be there. If it takes the last mark,
   * nothing is left that tells of what else it takes.
   */
  Stamps leastWithout(Part damage) {
    int marks = records.marks().size();
    if (marks == 0) {
      return synced;
    }
    Part last = records.marks().get(marks - 1);
    if (damage.from() < last.end() && damage.end() > last.from()) {
      boolean first = damage.from() < records.begin() && records.begin() < damage.end();
      int from = first ? 0 : records.order(damage.from());
      int before = marks - 1;
      while (before > 0 && order(records.marks().get(before - 1)) > from) {
        before--;
      }
      return after(before - marks);
    }
    int flushed = marks == 1 ? 0 : order(records.marks().get(marks - 2));
    boolean reachesIt =
        records.all().stream()
            .filter(record -> order(record) > flushed && order(record) < order(last))
            .anyMatch(record -> damage.from() < record.end() && damage.end() > record.from());
    return reachesIt ? after(-1) : synced;
  }

  /** Where a record ends, behind the first one. */
  private int order(Part record) {
    return records.order(record.from()) + record.length();
  }

  /** What was synced before the last so many flushes. */
  private Stamps after(int flush) {
    return flushes.get(Math.max(0, flushes.size() - 1 + flush));
  }

  /**
   * Opens the store and requires that nothing is missing.
   *
   * @throws StoreException if it is refused
   */
  void requireAll(Stamps least, boolean acceptLoss) throws IOException {
    store = CowStore.open(directory, options.withCreate(false).withAcceptLoss(acceptLoss));
    try {
      require(least);
    } finally {
      store.abandon();
    }
  }

  private void require(Stamps least) throws IOException {
    for (int file = 0; file < FILES; file++) {
      CowFile stored = store.file(files.get(file));
      for (int block = 0; block < BLOCKS; block++) {
        for (int sector = 0; sector < BLOCK / SECTOR; sector++) {
          long at = (long) block * BLOCK + (long) sector * SECTOR;
          long found = read(stored, at);
          if (found < least.blocks[file][block] || found > acknowledged.blocks[file][block]) {
            throw new AssertionError(
                "file %d, block %d, sector %d is of stamp %d, not of %d to %d"
                    .formatted(
                        file,
                        block,
                        sector,
                        found,
                        least.blocks[file][block],
                        acknowledged.blocks[file][block]));
          }
        }
      }
    }
    for (int key = 0; key < KEYS; key++) {
      long found = read(key);
      if (found < least.keys[key] || found > acknowledged.keys[key]) {
        throw new AssertionError(
            "record %d is of stamp %d, not of %d to %d"
                .formatted(key, found, least.keys[key], acknowledged.keys[key]));
      }
    }
  }

  private long read(CowFile file, long at) throws IOException {
    int read = file.read(at, buffer.address(), Long.BYTES);
    return read == Long.BYTES ? ByteBuffer.wrap(buffer.first(Long.BYTES)).getLong() : 0;
  }

  private long read(int key) throws IOException {
    byte[] value = store.record(new byte[] {1, (byte) key});
    return value == null ? 0 : ByteBuffer.wrap(value).getLong();
  }

  /** What a loss of power has left is what there is. */
  private void refresh() throws IOException {
    for (int file = 0; file < FILES; file++) {
      CowFile stored = store.file(files.get(file));
      for (int block = 0; block < BLOCKS; block++) {
        long found = Long.MAX_VALUE;
        for (int sector = 0; sector < BLOCK / SECTOR; sector++) {
          found = Math.min(found, read(stored, (long) block * BLOCK + (long) sector * SECTOR));
        }
        write(file, block, found);
      }
    }
    for (int key = 0; key < KEYS; key++) {
      acknowledged.keys[key] = read(key);
    }
  }

  /** Blocks of mixed stamps are written anew. */
  private void write(int file, int block, long least) throws IOException {
    if (least != 0 || acknowledged.blocks[file][block] != 0) {
      write(file, block);
    }
  }

  /** The directory's files besides those that are always there. */
  List<String> keptAside() throws IOException {
    try (var all = Files.list(directory)) {
      return all.map(path -> path.getFileName().toString())
          .filter(name -> name.startsWith("journal."))
          .toList();
    }
  }

  /** What check says. */
  CheckReport check() throws StoreException {
    return CowStore.check(directory, options.withCreate(false), false);
  }

  @Override
  public void close() throws IOException {
    io.close();
  }
}
