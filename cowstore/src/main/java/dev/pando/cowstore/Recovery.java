package dev.pando.cowstore;

import dev.pando.cowstore.io.HostException;
import dev.pando.cowstore.journal.Journal;
import dev.pando.cowstore.map.BlockMap;
import dev.pando.cowstore.map.Entry;
import dev.pando.cowstore.map.MapPage;
import dev.pando.cowstore.map.MapPath;
import dev.pando.cowstore.segment.Runs;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the journal back over the catalog. After a crash of the process the host's page cache is
 * intact and every record counts. After the loss of power a record of a file's data counts only if
 * a mark says that this file is durable so far, and any other only if some mark reaches so far; but
 * that a block went beyond its family always counts, and what was freed in the background never
 * does.
 */
final class Recovery {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

  private final LiveState state;
  private final FileTable files;
  private final JournalSurvey survey;
  private final boolean powerLost;
  private final MapPath path = new MapPath();
  private final Extents extents = new Extents();

  private long applied;

  Recovery(LiveState state, FileTable files, JournalSurvey survey) {
    this.state = state;
    this.files = files;
    this.survey = survey;
    this.powerLost = survey.powerLost();
  }

  /**
   * A record that could not be applied: the state it was to be applied to is of no use any more.
   */
  static final class Failure extends IOException {
    private static final long serialVersionUID = 1L;

    final long number;

    Failure(long number, Exception cause) {
      super(
          "record "
              + number
              + " can not be applied: "
              + (cause.getMessage() == null ? cause : cause.getMessage()),
          cause);
      this.number = number;
    }
  }

  /**
   * Applies what counts of the records after {@code header}, as far as the survey says.
   *
   * @throws Failure if one of them can not be applied
   */
  void replay(Journal journal, StoreHeader header) throws IOException {
    journal.scan(header.nonce(), header.position(), header.lastRecord(), this::applyIfDue);
    LOG.info(
        "journal replayed after {}: {} of {} records applied",
        powerLost ? "loss of power" : "a crash",
        applied,
        survey.last() - header.lastRecord());
  }

  private void applyIfDue(long number, int type, ByteBuffer body) throws IOException {
    if (number > survey.last()) {
      return;
    }
    try {
      apply(number, type, body);
    } catch (HostException e) {
      throw e; // of the host's disk, not of the record
    } catch (IOException | RuntimeException e) {
      throw new Failure(number, e);
    }
  }

  private void apply(long number, int type, ByteBuffer body) throws IOException {
    switch (type) {
      case RecordType.WRITE,
          RecordType.RESERVE,
          RecordType.UNMAP,
          RecordType.RESIZE,
          RecordType.REPOINT,
          RecordType.TRIMMED ->
          applyToFile(number, type, body);
      case RecordType.SHARE -> {
        ByteBuffer again = body.duplicate().order(body.order());
        again.position(body.position() + 4 * Long.BYTES);
        extents.read(again);
        state.setBeyond(extents);
        applyToFile(number, type, body);
      }
      case RecordType.GIVE -> {
        extents.read(body);
        state.setBeyond(extents);
        applied++;
      }
      case RecordType.CHANGE -> {
        long nextNumber = body.getLong();
        state.nextNumber.accumulateAndGet(nextNumber, Math::max);
        if (!powerLost || number <= survey.changesDurable()) {
          ChangeRecord.apply(body.slice(), number, state, files);
          applied++;
        }
      }
      case RecordType.COPY -> {
        // data of a file that only a commit makes durable
        if (!powerLost) {
          body.getLong();
          ChangeRecord.apply(body.slice(), number, state, files);
          applied++;
        }
      }
      case RecordType.MARK -> applied++;
      case RecordType.RECLAIM -> {
        if (!powerLost) {
          reclaim(body);
          applied++;
        }
      }
      case RecordType.SWEEP -> {
        if (!powerLost) {
          Runs runs = new Runs();
          for (int count = body.getInt(); count > 0; count--) {
            runs.add(body.getLong(), body.getInt());
          }
          long[] aliases = new long[body.getInt()];
          for (int i = 0; i < aliases.length; i++) {
            aliases[i] = body.getLong();
          }
          state.sweep(runs, aliases);
          applied++;
        }
      }
      case RecordType.STRIP -> {
        if (!powerLost) {
          long epoch = body.getLong();
          long page = body.getLong();
          if (page == 0) {
            state.epochs.stripped(epoch);
          } else {
            state.strip(epoch, state.pages.load(page));
          }
          applied++;
        }
      }
      case RecordType.JOIN, RecordType.JOIN_LEAF -> {
        if (!powerLost) {
          join(number, type, body);
          applied++;
        }
      }
      default -> throw Change.unknown((byte) type);
    }
  }

  private void join(long number, int type, ByteBuffer body) throws IOException {
    long epoch = body.getLong();
    if (type == RecordType.JOIN) {
      if (body.get() == 0) {
        state.join(epoch, number, files);
      } else {
        state.epochs.joined(epoch, number);
      }
      return;
    }
    long leafIndex = body.getLong();
    MapPage before = state.pages.load(body.getLong());
    BlockMap map = state.mapOf(epoch, files);
    map.trace(leafIndex, path);
    state.joinLeaf(epoch, map, path, before, files);
  }

  private void applyToFile(long number, int type, ByteBuffer body) throws IOException {
    long fileId = body.getLong();
    CowFile file = files.find(fileId);
    if (file == null || (powerLost && number > survey.durable(fileId))) {
      return;
    }
    applied++;
    long size = body.getLong();
    long time = body.getLong();
    long leafIndex = body.getLong();
    if (type == RecordType.TRIMMED) {
      file.trimsDue = 0;
      state.hold(file);
      return;
    }
    file.map.trace(leafIndex, path);
    if (type == RecordType.UNMAP) {
      state.unmap(file, leafIndex, path, body.getInt(), body.getInt());
    } else {
      extents.read(body);
      if (type == RecordType.SHARE) {
        state.shareExtents(file, leafIndex, path, extents);
        file.sharedInto = number;
      } else if (type == RecordType.REPOINT) {
        state.repoint(file, leafIndex, path, extents);
      } else {
        long mark = Entry.PRIVATE | (type == RecordType.RESERVE ? Entry.UNWRITTEN : 0);
        state.mapExtents(file, leafIndex, path, extents, mark);
        file.reserved |= type == RecordType.RESERVE;
      }
    }
    state.touch(file, size, time, number);
    if (type == RecordType.RESIZE) {
      file.trimsDue = 1;
    }
  }

  private void reclaim(ByteBuffer body) throws IOException {
    long epoch = body.getLong();
    boolean done = body.get() != 0;
    long[] pages = new long[body.getInt()];
    for (int i = 0; i < pages.length; i++) {
      pages[i] = body.getLong();
    }
    Runs runs = new Runs();
    for (int count = body.getInt(); count > 0; count--) {
      runs.add(body.getLong(), body.getInt());
    }
    state.reclaimed(pages, runs);
    if (done) {
      state.epochs.gone(epoch);
    }
  }
}
