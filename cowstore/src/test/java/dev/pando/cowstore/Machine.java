package dev.pando.cowstore;

import dev.pando.cowstore.io.RecordingIo;
import java.io.IOException;
import java.nio.file.Path;

/** A store on a machine that can kill its process and lose its power. Not thread-safe. */
final class Machine implements AutoCloseable {
  /** The smallest journal that a store takes. */
  static final int JOURNAL_BYTES = 1 << 20;

  static final int INDEXED_BLOCKS = 1 << 14;

  /** So long that commits come only when a test, or a bound of the store, wants them. */
  private static final long COMMIT_INTERVAL_MILLIS = 3_600_000;

  private final RecordingIo io;
  private final StoreOptions options;
  private final Path directory;
  private CowStore store;
  private long survived;

  Machine(Path directory) throws StoreException {
    this(directory, 0);
  }

  /**
   * @param flushNanos how long a flush of the disk takes
   */
  Machine(Path directory, long flushNanos) throws StoreException {
    this.directory = directory;
    this.io = new RecordingIo(flushNanos);
    this.options = options().withIo(io);
    this.store = open();
  }

  /** What the tests open stores with: small bounds, and no commits of their own accord. */
  static StoreOptions options() {
    return StoreOptions.defaults()
        .withCreate(true)
        .withJournalBytes(JOURNAL_BYTES)
        .withIndexedBlocks(INDEXED_BLOCKS)
        .withCommitIntervalMillis(COMMIT_INTERVAL_MILLIS);
  }

  private CowStore open() throws StoreException {
    return CowStore.open(directory, options, number -> survived = number);
  }

  CowStore store() {
    return store;
  }

  /** What the last opening told of the Changes that are there. */
  long survived() {
    return survived;
  }

  /** Whether the process has been stopped: what returns now was acknowledged to nobody. */
  boolean isStopped() {
    return io.isStopped();
  }

  /** Closes the store and opens it again. */
  void reopen() throws StoreException {
    store.close();
    requireSound();
    store = open();
  }

  /** The closed store passes its check. */
  private void requireSound() throws StoreException {
    CheckReport report = CowStore.checkClosed(directory, false);
    if (!report.isSound()) {
      throw new AssertionError(report.damage() + " " + report.inaccuracies());
    }
  }

  /** From here on the store changes nothing more; calls under way fail. */
  void stop() {
    io.stop();
  }

  /** The process ends without a farewell and another one opens the store. */
  void kill() throws StoreException {
    io.stop();
    store.abandon();
    io.restart();
    store = open();
  }

  /** The power goes and comes back. */
  void losePower(long seed) throws IOException {
    io.stop();
    store.abandon();
    io.powerLoss(seed);
    store = open();
    if (!store.losses().isEmpty()) {
      throw new AssertionError(store.losses().toString());
    }
  }

  /** The disk is lost and comes back in the same boot. */
  void loseDisk(long seed) throws IOException {
    io.stop();
    store.abandon();
    io.remount(seed);
    store = CowStore.open(directory, options);
  }

  /** The process ends, and the disk refuses some of what the host writes back for it. */
  void loseWrites(long seed) throws IOException {
    io.stop();
    store.abandon();
    io.loseWrites(seed);
    io.restart();
    store = CowStore.open(directory, options);
  }

  /** A flush of the store's fails, which somebody else knows of too, and then the process ends. */
  void failFlush(long seed) throws IOException {
    io.failFlush(seed);
    try {
      store.commit();
    } catch (StoreException expected) {
      // if there was anything to flush
    }
    io.heal();
    io.tellAnother();
    kill();
  }

  @Override
  public void close() throws IOException {
    try {
      store.close();
      requireSound();
    } finally {
      io.close();
    }
  }
}
