package dev.pando.cowstore;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.catalog.Catalog;
import dev.pando.cowstore.journal.Journal;
import dev.pando.cowstore.segment.Allocator;
import dev.pando.cowstore.segment.Segments;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a store is opened: its files, then what the journal holds is brought in and committed with
 * the number of a new session, then what goes on in the background begins. FORMAT.md, chapter 6.
 */
final class Opening {
  private static final Logger LOG = LoggerFactory.getLogger(Opening.class);
  private static final SecureRandom NONCES = new SecureRandom();

  private Opening() {}

  /**
   * The engine of a store that was taken hold of, with all that its journal held.
   *
   * @param survived told the number of the last record that a Change can have become and that
   *     counts, before anything new is recorded
   */
  static Engine open(StoreDirectory directory, StoreOptions options, LongConsumer survived)
      throws IOException {
    Catalog catalog = Catalog.open(directory.catalog(), options.verifyCatalog());
    Segments segments = null;
    Journal journal = null;
    boolean opened = false;
    try {
      Upgrade.ifDue(directory, catalog);
      byte[] value = catalog.record(StoreHeader.KEY);
      StoreHeader header =
          value == null ? StoreHeader.fresh(directory.store()) : StoreHeader.decode(value);
      if (!header.store().equals(directory.store())) {
        throw new StoreException(
            Reason.FORMAT,
            "catalog and format file of " + directory.path() + " do not belong together");
      }
      JournalFile file = new JournalFile(directory, header, options);
      journal = file.open();
      segments = Segments.open(directory.segments(), options.io(), journal::noteFailure);
      BlockIndex index = new BlockIndex(directory.index(), options.io(), options.indexedBlocks());
      Parts parts = new Parts(options, catalog, segments, journal, index, header);
      EarlierWrites earlier =
          header.clean()
              ? EarlierWrites.NONE
              : EarlierWrites.of(directory.path(), options, segments, journal, file.written());
      JournalSurvey survey = file.survey(earlier.mayBeLost());
      Engine engine = recover(parts, file, survey);
      survived.accept(survey.lastChange());
      engine.findings = findings(earlier, file);
      if (earlier.mayBeLost() && options.takesOver()) {
        leave(engine, directory, header, earlier.loss());
      } else {
        earlier.settle();
        start(engine, directory, file, commitSession(engine, header, survey.last()));
      }
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

  private static List<String> findings(EarlierWrites earlier, JournalFile file) {
    List<String> findings = new ArrayList<>(file.accepted());
    if (earlier.mayBeLost()) {
      findings.add("what was not synced may be lost: " + earlier.loss());
    }
    return List.copyOf(findings);
  }

  /** What an engine is put together from. */
  private record Parts(
      StoreOptions options,
      Catalog catalog,
      Segments segments,
      Journal journal,
      BlockIndex index,
      StoreHeader header) {
    Engine engine() throws IOException {
      return new Engine(options, catalog, segments, journal, index, header);
    }
  }

  /**
   * An engine with what the journal holds. A record that can not be applied leaves one that is of
   * no use: then another takes what comes before that record.
   */
  private static Engine recover(Parts parts, JournalFile file, JournalSurvey survey)
      throws IOException {
    if (survey.isDamaged()) {
      file.requireAccepted(survey.damage());
    }
    while (true) {
      Engine engine = parts.engine();
      if (parts.header.clean()) {
        return engine;
      }
      try {
        new Recovery(engine.state, engine.files, survey).replay(parts.journal, parts.header);
        return engine;
      } catch (Recovery.Failure e) {
        if (survey.isUnconfirmed(e.number)) {
          LOG.warn("The last record has failed before, and nobody was told of it", e);
        } else {
          file.requireAccepted(survey.lossFrom(e));
        }
        survey.endBefore(e.number);
      }
    }
  }

  /** Begins a session whose header the catalog has. */
  private static void start(
      Engine engine, StoreDirectory directory, JournalFile file, StoreHeader next)
      throws IOException {
    engine.journal.begin(file.headerOf(next), next.position(), next.lastRecord());
    addParts(engine, directory, next);
    engine.committer.growAhead();
    engine.allocator.refreshCapacity(); // what was set aside just now is not to be handed out
    engine.committer.start();
    engine.flusher.start();
    engine.reclaimer.start();
    engine.checksummer.start();
  }

  /**
   * Leaves a store as it is, for those who still have it open and may have lost what they wrote:
   * they can read, and are told that nothing is durable. What is lost is settled when the store is
   * opened for new users. So nothing is committed, and nothing runs that frees blocks.
   */
  private static void leave(
      Engine engine, StoreDirectory directory, StoreHeader header, String loss) throws IOException {
    StoreException unused = engine.health.fail("taking over", new IOException(loss));
    addParts(engine, directory, header);
    engine.allocator.refreshCapacity();
    engine.committer.start();
    engine.flusher.start();
  }

  private static void addParts(Engine engine, StoreDirectory directory, StoreHeader header)
      throws IOException {
    engine.log = new Log(engine, engine.journal, engine.state);
    engine.background = new BackgroundLog(engine, engine.log, engine.state);
    engine.committer = new Committer(engine, header);
    engine.flusher = new Flusher(engine);
    engine.reclaimer = new Reclaimer(engine);
    engine.checksummer = new Checksummer(engine);
    engine.losses = engine.segments.findLosses(engine.catalog);
    engine.losses.forEach(loss -> LOG.error("The store has lost data: {}", loss));
    engine.allocator =
        new Allocator(
            engine.segments,
            engine.catalog,
            engine.options.io(),
            directory.path(),
            engine.options.hostReserveBytes(),
            engine.state.accounts::storeLimitBytes,
            engine::metadataBytes);
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
            header.usedBlocks(),
            NONCES.nextLong(),
            lastRecord);
    long used = Committer.store(engine.catalog, cut, next);
    cut.state().pages().release();
    state.records.committed();
    return next.withUsedBlocks(used);
  }
}
