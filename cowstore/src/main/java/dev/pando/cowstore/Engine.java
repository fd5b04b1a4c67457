package dev.pando.cowstore;

import dev.pando.cowstore.catalog.Catalog;
import dev.pando.cowstore.journal.Journal;
import dev.pando.cowstore.map.PageTable;
import dev.pando.cowstore.segment.Allocator;
import dev.pando.cowstore.segment.Segments;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** The parts of an open store, put together once. What each does is said in its class. */
final class Engine {
  /** What the catalog may grow by for a unit of change that is not committed, roughly. */
  private static final long BYTES_PER_UNIT = 2048;

  private static final long MOST_KEPT_FOR_REMOVAL = 24L << 20;

  /** A dirty map page counts as this many record changes. */
  static final int UNITS_PER_PAGE = 16;

  /** 16,384 map pages, or as many records as take their place. */
  private static final long CHANGE_UNITS = 16_384L * UNITS_PER_PAGE;

  final StoreOptions options;
  final Catalog catalog;
  final Segments segments;
  final Journal journal;
  final LiveState state;
  final FileTable files;
  final Health health;
  final RequestEpochs epochs = new RequestEpochs();
  final LeafLocks leafLocks = new LeafLocks();
  final Bound journalBound;
  final Bound changeBound = new Bound(CHANGE_UNITS);
  final ReadPath reading;
  final WritePath writing;
  final BlockFiller filler;
  final ResizePath resizing;
  final ReservePath reserving;
  final RangeCopy copying;

  /** Held while blocks are made equal ones' stand-ins: no mark of a sweep begins then. */
  final ReentrantLock sharing = new ReentrantLock();

  /** Held by the one search for equal blocks, which has the index for itself. */
  final ReentrantLock deduping = new ReentrantLock();

  final BlockIndex index;

  /**
   * Held shared by what reads the catalog and is no request: the store's files are closed when the
   * last of these has ended. What takes long looks between its steps whether the store is open.
   */
  final ReentrantReadWriteLock using = new ReentrantReadWriteLock();

  /** Set when recovery has ended. */
  Log log;

  BackgroundLog background;

  /** What was found to be lost, sentences. */
  List<String> losses = List.of();

  /** What this opening has found, that is for whoever uses the store, sentences. */
  List<String> findings = List.of();

  Allocator allocator;
  Committer committer;
  Flusher flusher;
  Reclaimer reclaimer;
  Checksummer checksummer;

  private final ThreadLocal<Scratch> scratch;

  Engine(
      StoreOptions options,
      Catalog catalog,
      Segments segments,
      Journal journal,
      BlockIndex index,
      StoreHeader header)
      throws IOException {
    this.options = options;
    this.catalog = catalog;
    this.segments = segments;
    this.journal = journal;
    this.index = index;
    this.health = new Health(options.readOnly());
    this.journalBound = new Bound(journal.capacityBytes() - journal.maxRecordBytes());
    PageTable pages = new PageTable(catalog, header.nextPage(), options.cachedPages());
    Records records = new Records(catalog);
    this.state =
        new LiveState(pages, records, BeyondFamily.load(catalog), Accounts.load(catalog, records));
    this.state.epochs.loadAliases();
    this.state.nextEpoch.set(header.nextEpoch());
    this.state.nextNumber.set(header.nextNumber());
    this.files = new FileTable(this, state);
    this.reading = new ReadPath(this);
    this.writing = new WritePath(this);
    this.filler = new BlockFiller(this);
    this.resizing = new ResizePath(this);
    this.reserving = new ReservePath(this);
    this.copying = new RangeCopy(this);
    this.scratch = ThreadLocal.withInitial(() -> new Scratch(epochs));
  }

  /** This thread's scratch. */
  Scratch scratch() {
    return scratch.get();
  }

  /**
   * Refuses what makes the catalog larger while it could not be committed, or so little would be
   * left that nothing could be removed any more: another program has filled the host's disk.
   */
  void checkRoomForMore() throws IOException {
    long kept = Math.min(MOST_KEPT_FOR_REMOVAL, allocator.reserveBytes() / 2);
    long needed = kept + changeBound.used() * BYTES_PER_UNIT;
    long lacking = needed - catalog.headroomBytes();
    if (lacking <= 0) {
      return;
    }
    // what others take of the disk is not known otherwise until a second later
    allocator.refreshCapacity();
    if (allocator.otherRoomBytes() < lacking) {
      throw new StoreException(
          StoreException.Reason.FULL,
          "no room to record more: the host's disk is full, or the store's limit reached");
    }
  }

  /** Reserves room in the journal and among what is dirty; before any lock is taken. */
  void reserve(int journalBytes, int changeUnits) throws StoreException {
    if (state.pages.isExhausted()) {
      throw new StoreException(
          StoreException.Reason.FULL,
          "the store has no ids left for map pages: copy what it holds to a new store");
    }
    journalBound.reserve(journalBytes, this::askForCommit);
    try {
      changeBound.reserve(changeUnits, this::askForCommit);
    } catch (StoreException e) {
      journalBound.giveBack(journalBytes);
      throw e;
    }
  }

  /** Gives a reservation back: what was used of it is counted now. */
  void giveBack(int journalBytes, int changeUnits) {
    journalBound.giveBack(journalBytes);
    changeBound.giveBack(changeUnits);
  }

  /** What the store takes on the host beside its segments. */
  long metadataBytes() {
    return catalog.hostBytes() + journal.fileBytes() + index.hostBytes();
  }

  private void askForCommit() throws StoreException {
    health.checkWritable();
    committer.request();
  }

  /**
   * The end of a generation.
   *
   * @param state what it changed
   * @param lastRecord the last record it holds
   * @param position where in the journal the next one begins
   */
  record Cut(
      LiveState.Cut state,
      long lastRecord,
      long position,
      long nextPage,
      long nextEpoch,
      long nextNumber) {}
}
