package dev.pando.cowstore;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.catalog.Catalog;
import dev.pando.cowstore.io.StoreIo;
import dev.pando.cowstore.journal.Journal;
import dev.pando.cowstore.journal.JournalHeader;
import dev.pando.cowstore.segment.Allocator;
import dev.pando.cowstore.segment.Segments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/**
 * How a store is opened: its files, then what the journal holds is brought in and committed with
 * the number of a new session, then what goes on in the background begins. FORMAT.md, chapter 6.
 */
final class Opening {
  private Opening() {}

  /**
   * The engine of a store that was taken hold of, with all that its journal held.
   *
   * @param survived told the number of the last record, before anything new is recorded
   */
  static Engine open(StoreDirectory directory, StoreOptions options, LongConsumer survived)
      throws IOException {
    Catalog catalog = Catalog.open(directory.catalog());
    Segments segments = null;
    Journal journal = null;
    boolean opened = false;
    try {
      Upgrade.ifDue(directory, catalog);
      segments = Segments.open(directory.segments(), options.io());
      byte[] value = catalog.record(StoreHeader.KEY);
      StoreHeader header =
          value == null ? StoreHeader.fresh(directory.store()) : StoreHeader.decode(value);
      if (!header.store().equals(directory.store())) {
        throw new StoreException(
            Reason.FORMAT,
            "catalog and format file of " + directory.path() + " do not belong together");
      }
      journal = openJournal(directory, header, options);
      if (value == null && hasSession(journal.header(), header)) {
        throw new StoreException(
            Reason.FORMAT, "the catalog of " + directory.path() + " is missing, or empty");
      }
      BlockIndex index = new BlockIndex(directory.index(), options.io(), options.indexedBlocks());
      Engine engine = new Engine(options, catalog, segments, journal, index, header);
      start(engine, directory, header, survived);
      opened = true;
      return engine;
    } finally {
      if (!opened) {
        catalog.close();
        if (segments != null) {
          segments.close();
        }
        if (journal != null) {
          journal.close();
        }
      }
    }
  }

  /** The journal; one that is not the store's is kept aside, if the caller accepts the loss. */
  private static Journal openJournal(
      StoreDirectory directory, StoreHeader header, StoreOptions options) throws IOException {
    Path path = directory.journal();
    boolean exists = Files.exists(path);
    int bytes = exists ? (int) Files.size(path) : options.journalBytes();
    if (exists && bytes >= StoreOptions.LEAST_JOURNAL_BYTES) {
      Journal journal = new Journal(options.io().map(path, bytes));
      if (header.clean() || belongs(journal.header(), header)) {
        return journal;
      }
      journal.close();
    }
    if (!header.clean() && !options.acceptLoss()) {
      throw new StoreException(
          Reason.LOSS,
          "the journal of "
              + directory.path()
              + (exists ? " belongs to another store or session" : " is missing")
              + ": acknowledged writes may be lost (mount --accept-loss opens it all the same)");
    }
    if (exists) {
      Files.move(path, path.resolveSibling("journal.foreign-" + System.currentTimeMillis()));
    }
    return new Journal(options.io().map(path, options.journalBytes()));
  }

  /** Whether a store whose catalog names no session has had one. */
  private static boolean hasSession(JournalHeader journal, StoreHeader header) {
    return journal != null && journal.store().equals(header.store());
  }

  private static boolean belongs(JournalHeader journal, StoreHeader header) {
    return journal != null
        && journal.store().equals(header.store())
        && (journal.session() == header.session() || journal.session() == header.session() - 1);
  }

  private static void start(
      Engine engine, StoreDirectory directory, StoreHeader header, LongConsumer survived)
      throws IOException {
    StoreIo io = engine.options.io();
    Path journalPath = directory.journal();
    JournalHeader found = engine.journal.header();
    long lastRecord = header.lastRecord();
    if (!header.clean() && belongs(found, header)) {
      boolean powerLost =
          !found.bootId().equals(io.bootId()) || found.device() != io.device(journalPath);
      if (found.session() == header.session()) {
        Recovery recovery = new Recovery(engine.state, engine.files, powerLost);
        lastRecord = recovery.replay(engine.journal, header);
      }
      engine.segments.flushEarlierWrites();
    }
    survived.accept(lastRecord);
    StoreHeader next = commitSession(engine, header, lastRecord);
    engine.journal.begin(
        new JournalHeader(next.store(), next.session(), io.bootId(), io.device(journalPath)),
        next.position(),
        next.lastRecord());
    engine.log = new Log(engine, engine.journal, engine.state);
    engine.background = new BackgroundLog(engine, engine.log, engine.state);
    engine.committer = new Committer(engine, next);
    engine.flusher = new Flusher(engine);
    engine.reclaimer = new Reclaimer(engine);
    engine.checksummer = new Checksummer(engine);
    engine.allocator =
        new Allocator(
            engine.segments,
            engine.catalog,
            io,
            directory.path(),
            engine.options.hostReserveBytes(),
            engine.state.accounts::storeLimitBytes,
            engine::metadataBytes);
    engine.committer.growAhead();
    engine.allocator.refreshCapacity(); // what was set aside just now is not to be handed out
    engine.committer.start();
    engine.flusher.start();
    engine.reclaimer.start();
    engine.checksummer.start();
  }

  /** Commits what recovery brought in, with the number of a new session. */
  private static StoreHeader commitSession(Engine engine, StoreHeader header, long lastRecord)
      throws IOException {
    LiveState state = engine.state;
    Engine.Cut cut =
        new Engine.Cut(
            state.cut(),
            lastRecord,
            0,
            state.pages.nextId(),
            state.nextEpoch.get(),
            state.nextNumber.get());
    StoreHeader next =
        new StoreHeader(
            header.store(),
            header.session() + 1,
            false,
            lastRecord,
            0,
            cut.nextPage(),
            cut.nextEpoch(),
            cut.nextNumber(),
            header.usedBlocks());
    long used = Committer.store(engine.catalog, cut, next);
    cut.state().pages().release();
    state.records.committed();
    return next.withUsedBlocks(used);
  }
}
