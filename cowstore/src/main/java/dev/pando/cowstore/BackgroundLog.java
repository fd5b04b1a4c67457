package dev.pando.cowstore;

import dev.pando.cowstore.journal.Journal;
import dev.pando.cowstore.map.BlockMap;
import dev.pando.cowstore.map.MapPage;
import dev.pando.cowstore.map.MapPath;
import dev.pando.cowstore.segment.Runs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The records of what goes on in the background, which concern no one file's data: what dead epochs
 * held goes, epochs are joined, sweeps free, checksums are kept. Under the same lock as all others:
 * {@link Log}.
 */
final class BackgroundLog {
  private static final int JOIN_UNITS = 8;
  private static final int CHECKSUM_UNITS = 4;

  private final Engine engine;
  private final Log log;
  private final LiveState state;

  BackgroundLog(Engine engine, Log log, LiveState state) {
    this.engine = engine;
    this.log = log;
    this.state = state;
  }

  /** Frees what a dead epoch held; {@code done} when that was all. */
  void reclaim(long epoch, long[] pages, Runs runs, boolean done) throws IOException {
    int body =
        Long.BYTES
            + 1
            + 2 * Integer.BYTES
            + pages.length * Long.BYTES
            + runs.size() * Extents.BYTES;
    int units = 2 + pages.length * Engine.UNITS_PER_PAGE;
    engine.reserve(Journal.recordBytes(body), units);
    try {
      log.changing.lock();
      log.lock.lock();
      try {
        ByteBuffer buffer = log.begin(RecordType.RECLAIM, body);
        buffer.putLong(epoch).put((byte) (done ? 1 : 0)).putInt(pages.length);
        for (long page : pages) {
          buffer.putLong(page);
        }
        buffer.putInt(runs.size());
        runs.forEach((address, count) -> buffer.putLong(address).putInt(count));
        log.end(
            number -> {
              state.reclaimed(pages, runs);
              if (done) {
                state.epochs.gone(epoch);
              }
            });
      } finally {
        log.lock.unlock();
        log.changing.unlock();
      }
    } finally {
      engine.giveBack(Journal.recordBytes(body), units);
    }
  }

  /** How it went to join an epoch with its only child. */
  enum Joined {
    DONE,

    /** It has another child, or a bearer, again; or that child died meanwhile. */
    NOT_JOINABLE,

    /** What made it so, the last time, is not committed; or its child is being joined itself. */
    NOT_YET
  }

  /** Makes the only child of an epoch one with it. */
  Joined join(long epoch) throws IOException {
    int body = Long.BYTES + 1;
    engine.reserve(Journal.recordBytes(body), JOIN_UNITS);
    log.changing.lock();
    try {
      Epochs.Epoch parent = state.epochs.get(epoch);
      if (!parent.isJoinable() || state.epochs.joiningRoot(epoch) != 0) {
        return Joined.NOT_JOINABLE;
      }
      Epochs.Epoch child = state.epochs.get(parent.children());
      if (child.living() == 0) {
        return Joined.NOT_JOINABLE;
      }
      if (!isCommitted(epoch) || state.epochs.joiningRoot(parent.children()) > 0) {
        return Joined.NOT_YET;
      }
      long bearer = child.bearer();
      CowFile file = bearer == 0 ? null : engine.files.get(bearer);
      long stamp = file == null ? 0 : file.gate.close();
      log.lock.lock();
      try {
        append(epoch, 0, number -> state.join(epoch, number, engine.files));
      } finally {
        log.lock.unlock();
        if (file != null) {
          file.gate.open(stamp);
        }
      }
      return Joined.DONE;
    } finally {
      log.changing.unlock();
      engine.giveBack(Journal.recordBytes(body), JOIN_UNITS);
    }
  }

  private boolean isCommitted(long epoch) {
    log.lock.lock();
    try {
      return state.epochs.isCommitted(epoch);
    } finally {
      log.lock.unlock();
    }
  }

  /** Notes that nothing is left of what an epoch was before it was joined, or never will be. */
  void joined(long epoch) throws IOException {
    int body = Long.BYTES + 1;
    engine.reserve(Journal.recordBytes(body), JOIN_UNITS);
    log.changing.lock();
    log.lock.lock();
    try {
      append(epoch, 1, number -> state.epochs.joined(epoch, number));
    } finally {
      log.lock.unlock();
      log.changing.unlock();
      engine.giveBack(Journal.recordBytes(body), JOIN_UNITS);
    }
  }

  private void append(long epoch, int done, Log.Effect effect) throws StoreException {
    log.begin(RecordType.JOIN, Long.BYTES + 1).putLong(epoch).put((byte) done);
    log.end(effect);
  }

  /** Frees the reserved blocks of a leaf of an epoch that nobody bears; null: none has any. */
  void strip(long epoch, MapPage leaf) throws IOException {
    int body = 2 * Long.BYTES;
    int units = JOIN_UNITS + WritePath.UNITS_PER_LEAF;
    engine.reserve(Journal.recordBytes(body), units);
    log.changing.lock();
    log.lock.lock();
    try {
      ByteBuffer buffer = log.begin(RecordType.STRIP, body);
      buffer.putLong(epoch).putLong(leaf == null ? 0 : leaf.id());
      log.end(
          number -> {
            if (leaf == null) {
              state.epochs.stripped(epoch);
            } else {
              state.strip(epoch, leaf);
            }
          });
    } finally {
      log.lock.unlock();
      log.changing.unlock();
      engine.giveBack(Journal.recordBytes(body), units);
    }
  }

  /**
   * Begins to note what comes to refer to a block; null ends it.
   *
   * @return the first page id that was never used
   */
  long mark(SweepMark mark) {
    log.lock.lock();
    try {
      state.mark(mark);
      return state.pages.nextId();
    } finally {
      log.lock.unlock();
    }
  }

  /** Frees those of the candidates that the mark has still not seen a reference to. */
  void sweep(SweepMark mark, Runs candidates, long[] aliases) throws IOException {
    int body =
        2 * Integer.BYTES + SweepMark.MOST_BLOCKS * Extents.BYTES + aliases.length * Long.BYTES;
    int units = 1 + aliases.length;
    engine.reserve(Journal.recordBytes(body), units);
    log.changing.lock();
    log.lock.lock();
    try {
      Runs runs = mark.untouched(candidates);
      ByteBuffer buffer =
          log.begin(
              RecordType.SWEEP,
              2 * Integer.BYTES + runs.size() * Extents.BYTES + aliases.length * Long.BYTES);
      buffer.putInt(runs.size());
      runs.forEach((address, count) -> buffer.putLong(address).putInt(count));
      buffer.putInt(aliases.length);
      for (long alias : aliases) {
        buffer.putLong(alias);
      }
      log.end(number -> state.sweep(runs, aliases));
    } finally {
      log.lock.unlock();
      log.changing.unlock();
      engine.giveBack(Journal.recordBytes(body), units);
    }
  }

  /**
   * Has pages bear the epoch they belong to, and no alias of it. That is no record, for it changes
   * nothing: what a crash takes is done again.
   */
  void renew(List<MapPage> pages) throws IOException {
    int units = pages.size() * Engine.UNITS_PER_PAGE;
    engine.reserve(0, units);
    log.lock.lock();
    try {
      engine.health.checkWritable();
      pages.forEach(state.pages::renew);
      log.measure();
    } finally {
      log.lock.unlock();
      engine.giveBack(0, units);
    }
  }

  /**
   * Keeps the checksums of a leaf, if what they are of could not be changed since they were made.
   * That is no record: what a crash takes is made again.
   */
  void putChecksums(long page, PageChecksums checksums, Immutability immutable) throws IOException {
    engine.reserve(0, CHECKSUM_UNITS);
    log.lock.lock();
    try {
      if (immutable.hasHeldSince(checksums.epoch, checksums.record)) {
        state.put(Epochs.key(PageChecksums.TABLE, page), checksums.encode());
        log.measure();
      }
    } finally {
      log.lock.unlock();
      engine.giveBack(0, CHECKSUM_UNITS);
    }
  }

  /** Forgets the checksums of leaves that are gone. */
  void dropChecksums(List<Long> pages) throws IOException {
    if (pages.isEmpty()) {
      return;
    }
    engine.reserve(0, pages.size());
    log.lock.lock();
    try {
      for (long page : pages) {
        state.remove(Epochs.key(PageChecksums.TABLE, page));
      }
      log.measure();
    } finally {
      log.lock.unlock();
      engine.giveBack(0, pages.size());
    }
  }

  /** Brings a leaf of what a joined epoch was before into its map. */
  void joinLeaf(long epoch, long leafIndex, MapPage before) throws IOException {
    int body = 3 * Long.BYTES;
    int units = JOIN_UNITS + WritePath.UNITS_PER_LEAF;
    engine.reserve(Journal.recordBytes(body), units);
    log.changing.lock();
    try {
      BlockMap map = state.mapOf(epoch, engine.files);
      MapPath path = new MapPath();
      boolean done = false;
      while (!done) {
        map.trace(leafIndex, path);
        log.lock.lock();
        try {
          if (map.isCurrent(leafIndex, path)) {
            ByteBuffer buffer = log.begin(RecordType.JOIN_LEAF, body);
            buffer.putLong(epoch).putLong(leafIndex).putLong(before.id());
            log.end(number -> state.joinLeaf(epoch, map, path, before, engine.files));
            done = true;
          }
        } finally {
          log.lock.unlock();
        }
      }
    } finally {
      log.changing.unlock();
      engine.giveBack(Journal.recordBytes(body), units);
    }
  }
}
