package dev.pando.cowstore.catalog;

import dev.pando.cowstore.io.HostException;
import dev.pando.cowstore.io.NativeIo;
import dev.pando.cowstore.io.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.lmdbjava.CopyFlags;
import org.lmdbjava.CursorIterable;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.KeyRange;
import org.lmdbjava.LmdbException;
import org.lmdbjava.Meta;
import org.lmdbjava.Stat;
import org.lmdbjava.Txn;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Two LMDB tables: {@code pages} (page id, big-endian, to page image) and {@code records} (key to
 * value). Thread-safe for readers; one {@link Commit} at a time.
 */
public final class Catalog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Catalog.class);

  /** Longest key of a record, in bytes (LMDB's own bound is 511). */
  public static final int MAX_KEY_BYTES = 500;

  private static final long MAP_BYTES = 1L << 40;
  private static final int MAX_READERS = 512;
  private static final int PAGES_AT_A_TIME = 512;
  private static final String DATA_FILE = "data.mdb";
  private static final String LOCK_FILE = "lock.mdb";

  /** Where it is written anew; nothing is there otherwise. */
  private static final String COMPACT_DIRECTORY = "compact";

  /** A smaller file is left as it is when the store is opened. */
  private static final long LEAST_COMPACTED_BYTES = 16L << 20;

  /** What a commit may grow by when another program has filled the disk: 64 MiB. */
  private static final long AHEAD_BYTES = 64L << 20;

  private final Path directory;

  /** Replaced when the catalog is compacted; read under {@link #swapping} held shared. */
  private Tables tables;

  /** A visitor of a scan may look for other records: it has the lock already, and gets it again. */
  private final ReentrantReadWriteLock swapping = new ReentrantReadWriteLock();

  /** How far the host has set space aside for the file; changed by the committer. */
  private volatile long backedTo;

  /** How large it was when it was last measured. */
  private volatile long measuredBytes;

  private final ConcurrentLinkedDeque<Reader> readers = new ConcurrentLinkedDeque<>();

  /** The environment, its file, and the two tables in it. */
  private record Tables(
      Env<ByteBuffer> env, StoreFile data, Dbi<ByteBuffer> pages, Dbi<ByteBuffer> records) {
    static Tables open(Path directory) throws IOException {
      Path file = directory.resolve(DATA_FILE);
      LmdbFile.checkHead(file);
      Env<ByteBuffer> env = null;
      StoreFile data = null;
      Tables tables = null;
      try {
        env =
            Env.create()
                .setMapSize(MAP_BYTES)
                .setMaxDbs(2)
                .setMaxReaders(MAX_READERS)
                .open(directory.toFile(), EnvFlags.MDB_NOTLS, EnvFlags.MDB_NORDAHEAD);
        data = new NativeIo().open(file, false);
        // unsigned: the order in which LMDB itself keeps the keys
        tables =
            new Tables(
                env,
                data,
                env.openDbi("pages", DbiFlags.MDB_CREATE, DbiFlags.MDB_UNSIGNEDKEY),
                env.openDbi("records", DbiFlags.MDB_CREATE, DbiFlags.MDB_UNSIGNEDKEY));
        return tables;
      } catch (LmdbException e) {
        throw failure(directory, "open", e);
      } finally {
        if (tables == null) {
          close(env, data);
        }
      }
    }

    void close() throws IOException {
      close(env, data);
    }

    private static void close(Env<ByteBuffer> env, StoreFile data) throws IOException {
      try {
        if (data != null) {
          data.close();
        }
      } finally {
        if (env != null) {
          env.close();
        }
      }
    }

    long pageBytes() {
      return env.stat().pageSize;
    }

    long sizeBytes() {
      return (env.info().lastPageNumber + 1) * pageBytes();
    }

    /** Bytes of pages that hold anything. */
    long usedBytes() {
      try (Txn<ByteBuffer> txn = env.txnRead()) {
        return (pagesOf(pages.stat(txn)) + pagesOf(records.stat(txn))) * pageBytes();
      }
    }

    private static long pagesOf(Stat table) {
      return table.branchPages + table.leafPages + table.overflowPages;
    }
  }

  private Catalog(Path directory, Tables tables) {
    this.directory = directory;
    this.tables = tables;
  }

  /** Loads the native library. */
  public static void loadLibrary() {
    Meta.version();
  }

  /** {@link #open(Path, boolean)} without a look at every page. */
  public static Catalog open(Path directory) throws IOException {
    return open(directory, false);
  }

  /**
   * Opens the catalog in {@code directory}, making it if there is none. One that has become much
   * smaller than its file is compacted.
   *
   * @param verify look at {@linkplain #damageOf every page} before LMDB does
   * @throws DamagedCatalogException LMDB must not be shown it
   */
  public static Catalog open(Path directory, boolean verify) throws IOException {
    List<String> damage = verify ? damageOf(directory) : List.of();
    if (!damage.isEmpty()) {
      throw new DamagedCatalogException(damage.get(0));
    }
    Files.createDirectories(directory);
    discard(directory.resolve(COMPACT_DIRECTORY));
    Catalog catalog = new Catalog(directory, Tables.open(directory));
    boolean opened = false;
    try {
      catalog.compactIfMostlyEmpty();
      opened = true;
      return catalog;
    } finally {
      if (!opened) {
        catalog.close();
      }
    }
  }

  private void compactIfMostlyEmpty() throws IOException {
    long size = sizeBytes();
    if (size <= LEAST_COMPACTED_BYTES || size <= 2 * tables.usedBytes()) {
      return;
    }
    try {
      compact();
    } catch (HostException e) {
      LOG.warn("the catalog is mostly empty, and there is no room to compact it");
    }
  }

  /**
   * Looks at the file of a catalog that nobody has open, page by page, and returns what is wrong
   * with it: what LMDB must not be shown, for it would end the process. What records and map pages
   * hold is not looked at.
   */
  public static List<String> damageOf(Path directory) throws IOException {
    return LmdbFile.check(directory.resolve(DATA_FILE));
  }

  /**
   * Writes the catalog anew without what is free in it, and puts that in its place; by the thread
   * that commits. It needs as much room on the host as it takes then.
   *
   * @throws IOException the catalog is as it was, unless it was the host that could not make the
   *     change of names durable; a HostException if there is no room
   */
  public void compact() throws IOException {
    Path place = directory.resolve(COMPACT_DIRECTORY);
    try {
      Files.createDirectories(place);
      tables.env.copy(place.toFile(), CopyFlags.MDB_CP_COMPACT);
      try (FileChannel written =
          FileChannel.open(place.resolve(DATA_FILE), StandardOpenOption.WRITE)) {
        written.force(true);
      }
      swapIn(place);
    } catch (LmdbException e) {
      throw failure("compact", e);
    } finally {
      discard(place);
    }
  }

  /**
   * Puts the catalog in {@code place} in the place of this one. It is open before anything of this
   * one is given up: what fails up to its new name leaves all as it was.
   */
  void swapIn(Path place) throws IOException {
    // first of all: for want of a descriptor nothing has changed
    try (FileChannel names = FileChannel.open(directory)) {
      replaceBy(place);
      names.force(true);
    }
    measure();
  }

  private void replaceBy(Path place) throws IOException {
    Tables next = Tables.open(place);
    Tables former = next;
    try {
      swapping.writeLock().lock();
      try {
        closeReaders();
        Files.move(
            place.resolve(DATA_FILE), directory.resolve(DATA_FILE), StandardCopyOption.ATOMIC_MOVE);
        former = tables;
        tables = next;
        backedTo = 0;
      } finally {
        swapping.writeLock().unlock();
      }
    } finally {
      former.close();
    }
  }

  /** Removes the place where a catalog was written anew, with LMDB's lock file in it. */
  private static void discard(Path place) throws IOException {
    Files.deleteIfExists(place.resolve(DATA_FILE));
    Files.deleteIfExists(place.resolve(LOCK_FILE));
    Files.deleteIfExists(place);
  }

  private void closeReaders() {
    for (Reader reader = readers.poll(); reader != null; reader = readers.poll()) {
      reader.txn.close();
    }
  }

  /** Makes something of a page's image, which is valid inside the call only. */
  @FunctionalInterface
  public interface PageDecoder<T> {
    T decode(ByteBuffer image) throws IOException;
  }

  /** What {@code decoder} makes of a page's image, or null if there is no such page. */
  public <T> T page(long id, PageDecoder<T> decoder) throws IOException {
    Reader reader = reader();
    try {
      ByteBuffer image = tables.pages.get(reader.txn, reader.key.clear().putLong(id).flip());
      return image == null ? null : decoder.decode(image.order(ByteOrder.LITTLE_ENDIAN));
    } catch (LmdbException e) {
      throw failure("get", e);
    } finally {
      putBack(reader);
    }
  }

  /** The value of a record, or null. */
  public byte[] record(byte[] key) throws IOException {
    Reader reader = reader();
    try {
      ByteBuffer stored = tables.records.get(reader.txn, reader.key.clear().put(key).flip());
      return stored == null ? null : SealedValue.open(key, stored);
    } catch (LmdbException e) {
      throw failure("get", e);
    } finally {
      putBack(reader);
    }
  }

  /**
   * Visits the records from {@code from}, inclusive, to {@code to}, exclusive, in key order.
   *
   * @throws DamagedCatalogException one of them fails its checksum
   */
  public void scan(byte[] from, byte[] to, RecordVisitor visitor) throws IOException {
    scan(
        from,
        to,
        visitor,
        damage -> {
          throw damage;
        });
  }

  /** Told of a record that fails its checksum. */
  @FunctionalInterface
  public interface DamageListener {
    void damaged(DamagedCatalogException damage) throws IOException;
  }

  /** As {@link #scan(byte[], byte[], RecordVisitor)}, past records that are damaged. */
  public void scan(byte[] from, byte[] to, RecordVisitor visitor, DamageListener damaged)
      throws IOException {
    Reader reader = reader();
    try (CursorIterable<ByteBuffer> cursor =
        tables.records.iterate(reader.txn, KeyRange.closedOpen(direct(from), direct(to)))) {
      for (CursorIterable.KeyVal<ByteBuffer> entry : cursor) {
        byte[] key = bytes(entry.key());
        byte[] value;
        try {
          value = SealedValue.open(key, entry.val());
        } catch (DamagedCatalogException e) {
          damaged.damaged(e);
          continue;
        }
        if (!visitor.record(key, value)) {
          break;
        }
      }
    } catch (LmdbException e) {
      throw failure("scan", e);
    } finally {
      putBack(reader);
    }
  }

  /** Takes one stored page. */
  @FunctionalInterface
  public interface PageVisitor {
    /** The image is valid inside the call only. */
    void page(long id, ByteBuffer image) throws IOException;
  }

  /**
   * Visits stored pages by rising id, from {@code from}, inclusive, to {@code to}, exclusive, a few
   * hundred at most, until the time is over: a transaction that stays open makes the catalog grow.
   *
   * @return the first id that was not looked at; {@code to} when all were
   */
  public long scanPages(long from, long to, long nanos, PageVisitor visitor) throws IOException {
    long end = System.nanoTime() + nanos;
    int left = PAGES_AT_A_TIME;
    Reader reader = reader();
    try (CursorIterable<ByteBuffer> cursor =
        tables.pages.iterate(reader.txn, KeyRange.closedOpen(pageKey(from), pageKey(to)))) {
      for (CursorIterable.KeyVal<ByteBuffer> entry : cursor) {
        long id = pageId(entry.key());
        visitor.page(id, entry.val().order(ByteOrder.LITTLE_ENDIAN));
        if (--left == 0 || System.nanoTime() > end) {
          return id + 1;
        }
      }
      return to;
    } catch (LmdbException e) {
      throw failure("scan of pages", e);
    } finally {
      putBack(reader);
    }
  }

  private static long pageId(ByteBuffer key) throws DamagedCatalogException {
    if (key.remaining() != Long.BYTES) {
      throw new DamagedCatalogException("a map page has a key of " + key.remaining() + " bytes");
    }
    return key.getLong();
  }

  private static ByteBuffer pageKey(long id) {
    return ByteBuffer.allocateDirect(Long.BYTES).putLong(id).flip();
  }

  /** Visits every stored page, by rising id; for a store that is not in use. */
  public void scanPages(PageVisitor visitor) throws IOException {
    Reader reader = reader();
    try (CursorIterable<ByteBuffer> cursor = tables.pages.iterate(reader.txn)) {
      for (CursorIterable.KeyVal<ByteBuffer> entry : cursor) {
        visitor.page(pageId(entry.key()), entry.val().order(ByteOrder.LITTLE_ENDIAN));
      }
    } catch (LmdbException e) {
      throw failure("scan of pages", e);
    } finally {
      putBack(reader);
    }
  }

  /** What is stored for a record, checksum and all, or null: version 2 of the format had none. */
  public byte[] stored(byte[] key) throws IOException {
    Reader reader = reader();
    try {
      ByteBuffer stored = tables.records.get(reader.txn, reader.key.clear().put(key).flip());
      return stored == null ? null : bytes(stored);
    } catch (LmdbException e) {
      throw failure("get", e);
    } finally {
      putBack(reader);
    }
  }

  /** Gives every record of version 2 the checksum that it has now, in one transaction. */
  public void sealRecords() throws IOException {
    Reader reader = reader();
    try (CursorIterable<ByteBuffer> cursor = tables.records.iterate(reader.txn);
        Commit commit = begin()) {
      for (CursorIterable.KeyVal<ByteBuffer> entry : cursor) {
        commit.putRecord(bytes(entry.key()), bytes(entry.val()));
      }
      commit.commit();
    } catch (LmdbException e) {
      throw failure("upgrade", e);
    } finally {
      putBack(reader);
    }
  }

  /** Starts the one writing transaction. */
  public Commit begin() throws IOException {
    try {
      return new Commit(tables);
    } catch (LmdbException e) {
      throw failure("begin", e);
    }
  }

  /** Bytes that the catalog needs. */
  public long sizeBytes() {
    swapping.readLock().lock();
    try {
      return tables.sizeBytes();
    } finally {
      swapping.readLock().unlock();
    }
  }

  /**
   * Bytes that the catalog takes on the host, with what is set aside for its growth; as of the last
   * look.
   */
  public long hostBytes() {
    return Math.max(measuredBytes, backedTo);
  }

  /**
   * Has the host set space aside for the growth to come, a part of what it has left. By the thread
   * that commits.
   */
  public void growAhead(long availableBytes) throws IOException {
    long size = sizeBytes();
    long ahead = Math.min(AHEAD_BYTES, availableBytes / 4);
    if (ahead > 0 && backedTo < size + ahead / 2 && tables.data.allocate(size, ahead)) {
      backedTo = size + ahead;
    }
    measure();
  }

  /** Sees how much of what was set aside is left. By the thread that commits. */
  public void measure() {
    measuredBytes = sizeBytes();
  }

  /** How much it can grow in what the host has set aside; as of the last look. */
  public long headroomBytes() {
    return Math.max(0, backedTo - measuredBytes);
  }

  @Override
  public void close() throws IOException {
    try {
      closeReaders();
    } finally {
      tables.close();
    }
  }

  /** A reader to look with; the tables stay where they are until it is put back. */
  private Reader reader() throws IOException {
    swapping.readLock().lock();
    Reader reader = null;
    try {
      Reader idle = readers.poll();
      if (idle == null) {
        reader = new Reader(tables.env.txnRead(), ByteBuffer.allocateDirect(MAX_KEY_BYTES));
      } else {
        idle.txn.renew();
        reader = idle;
      }
      return reader;
    } catch (LmdbException e) {
      throw failure("read", e);
    } finally {
      if (reader == null) {
        swapping.readLock().unlock();
      }
    }
  }

  private void putBack(Reader reader) {
    try {
      reader.txn.reset();
      readers.push(reader);
    } finally {
      swapping.readLock().unlock();
    }
  }

  private IOException failure(String what, LmdbException e) {
    return failure(directory, what, e);
  }

  private static IOException failure(Path directory, String what, LmdbException e) {
    String message = String.valueOf(e.getMessage());
    if (message.contains("ENOSPC") || message.contains("EDQUOT")) {
      return new HostException("catalog " + directory + ", " + what, HostException.ENOSPC);
    }
    if (message.contains("EMFILE") || message.contains("ENFILE")) {
      return new HostException("catalog " + directory + ", " + what, HostException.EMFILE);
    }
    return new IOException("catalog " + directory + ", " + what + ": " + e.getMessage(), e);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] copy = new byte[buffer.remaining()];
    buffer.get(copy);
    return copy;
  }

  private static ByteBuffer direct(byte[] bytes) {
    return ByteBuffer.allocateDirect(Math.max(1, bytes.length)).put(bytes).flip();
  }

  /** A reading transaction, idle between uses, and room for a key. */
  private record Reader(Txn<ByteBuffer> txn, ByteBuffer key) {}

  /** One transaction of changes: all of it is durable when {@link #commit} returns, or none. */
  public final class Commit implements AutoCloseable {
    private final Dbi<ByteBuffer> pages;
    private final Dbi<ByteBuffer> records;
    private final Txn<ByteBuffer> txn;
    private final ByteBuffer key = ByteBuffer.allocateDirect(MAX_KEY_BYTES);
    private ByteBuffer value = ByteBuffer.allocateDirect(4096);

    private Commit(Tables tables) {
      this.pages = tables.pages;
      this.records = tables.records;
      this.txn = tables.env.txnWrite();
    }

    /** Stores a page's image: the remaining bytes of a direct buffer. */
    public void putPage(long id, ByteBuffer image) throws IOException {
      put(pages, keyOf(id), image);
    }

    public void removePage(long id) throws IOException {
      try {
        pages.delete(txn, keyOf(id));
      } catch (LmdbException e) {
        throw failure("remove page " + id, e);
      }
    }

    public void putRecord(byte[] recordKey, byte[] recordValue) throws IOException {
      int bytes = recordValue.length + SealedValue.CHECKSUM_BYTES;
      if (value.capacity() < bytes) {
        value = ByteBuffer.allocateDirect(bytes * 2);
      }
      put(records, recordKey(recordKey), SealedValue.seal(recordKey, recordValue, value));
    }

    public void removeRecord(byte[] recordKey) throws IOException {
      try {
        records.delete(txn, recordKey(recordKey));
      } catch (LmdbException e) {
        throw failure("remove record", e);
      }
    }

    /** The value of a record as this transaction sees it, or null. */
    public byte[] record(byte[] recordKey) throws IOException {
      try {
        ByteBuffer found = records.get(txn, recordKey(recordKey));
        return found == null ? null : SealedValue.open(recordKey, found);
      } catch (LmdbException e) {
        throw failure("get in commit", e);
      }
    }

    public void commit() throws IOException {
      try {
        txn.commit();
      } catch (LmdbException e) {
        throw failure("commit", e);
      }
    }

    @Override
    public void close() {
      txn.close();
    }

    private void put(Dbi<ByteBuffer> table, ByteBuffer at, ByteBuffer bytes) throws IOException {
      try {
        table.put(txn, at, bytes);
      } catch (LmdbException e) {
        throw failure("put", e);
      }
    }

    private ByteBuffer keyOf(long id) {
      return key.clear().putLong(id).flip();
    }

    private ByteBuffer recordKey(byte[] bytes) {
      return key.clear().put(bytes).flip();
    }
  }
}
