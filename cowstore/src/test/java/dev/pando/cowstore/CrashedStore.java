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
  private static final int LARGEST_VALUE_BYTES = 24 << 10;

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

  /** What was synced when the last flush began. */
  private Stamps syncedBefore = new Stamps();

  private Records records;
  private Map<Path, byte[]> saved = Map.of();

  /** Stamps by file, block and key; 0 for none. */
  private static final class Stamps {
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

  /**
   * The records that stood in the journal behind the last commit when the process ended.
   *
   * @param starts where they begin in the file
   * @param end where the last one ends
   * @param lastFlush where what the last flush wrote begins
   */
  record Records(List<Integer> starts, int end, int lastFlush) {}

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
    Stamps before = synced.copy();
    long position = store.engine().journal.position();
    store.sync(List.of(store.file(files.get(file))));
    if (store.engine().journal.position() > position) { // or there was nothing to flush
      syncedBefore = before;
    }
    synced.blocks[file] = acknowledged.blocks[file].clone();
    System.arraycopy(acknowledged.keys, 0, synced.keys, 0, KEYS);
  }

  private void commit() throws IOException {
    store.commit();
    synced = acknowledged.copy();
    syncedBefore = synced.copy();
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
    List<Integer> starts = new ArrayList<>();
    List<Integer> marks = new ArrayList<>();
    int[] end = new int[1];
    Path file = journal();
    try (Journal read = new Journal(new NativeIo().map(file, (int) Files.size(file)))) {
      end[0] = (int) read.fileOffset(header.position());
      read.scan(
          header.nonce(),
          header.position(),
          header.lastRecord(),
          (number, type, body) -> {
            starts.add(body.position() - Journal.HEADER_BYTES);
            end[0] = body.limit();
            if (type == RecordType.MARK) {
              marks.add(body.limit());
            }
          });
    }
    int last = marks.size() < 2 ? end[0] : marks.get(marks.size() - 2);
    return new Records(starts, end[0], last);
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

  /** What must be there. */
  enum Least {
    ACKNOWLEDGED,
    SYNCED,
    SYNCED_BEFORE_THE_LAST_FLUSH
  }

  /**
   * Opens the store and requires that nothing is missing.
   *
   * @throws StoreException if it is refused
   */
  void requireAll(Least least, boolean acceptLoss) throws IOException {
    store = CowStore.open(directory, options.withCreate(false).withAcceptLoss(acceptLoss));
    try {
      require(
          switch (least) {
            case ACKNOWLEDGED -> acknowledged;
            case SYNCED -> synced;
            case SYNCED_BEFORE_THE_LAST_FLUSH -> syncedBefore;
          });
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
