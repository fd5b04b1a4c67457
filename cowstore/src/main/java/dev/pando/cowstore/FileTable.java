package dev.pando.cowstore;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.map.BlockMap;
import dev.pando.cowstore.map.DamagedPageException;
import dev.pando.cowstore.map.MapPage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;

/**
 * The one live instance of every file that anyone holds. A file that changed is held until its
 * generation is committed, so that what is not durable of it is never forgotten.
 */
final class FileTable {
  private final Engine engine;
  private final LiveState state;
  private final Cache<Long, CowFile> live = Caffeine.newBuilder().weakValues().build();

  FileTable(Engine engine, LiveState state) {
    this.engine = engine;
    this.state = state;
  }

  /** The file, or null if there is none. */
  CowFile find(long id) throws IOException {
    try {
      return live.get(id, this::load);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  CowFile get(long id) throws IOException {
    CowFile file = find(id);
    if (file == null) {
      throw missing(id);
    }
    return file;
  }

  static StoreException missing(long id) {
    return new StoreException(Reason.NO_SUCH_FILE, "there is no file " + id);
  }

  private CowFile load(Long id) {
    try {
      byte[] value = state.records.get(FileRecord.key(id));
      if (value == null) {
        return null;
      }
      FileRecord record = FileRecord.decode(value);
      MapPage root = record.root() == 0 ? null : state.pages.load(record.root());
      if (record.root() != 0 && root == null) {
        if (!Arrays.equals(value, state.records.get(FileRecord.key(id)))) {
          return load(id); // removed meanwhile, and its pages with it
        }
        throw new DamagedPageException("the root of file " + id + " is missing");
      }
      BlockMap map =
          new BlockMap(
              state.pages,
              root,
              record.epoch(),
              record.mappedBlocks(),
              record.privateBlocks(),
              record.unwrittenBlocks());
      return new CowFile(engine, id, record, map);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Whether this is the live instance of its file; under the log lock. One that was loaded while
   * the file was being removed is not.
   */
  boolean isLive(CowFile file) {
    return !file.removed && live.getIfPresent(file.id()) == file;
  }

  /** A new, empty file; under the log lock. */
  CowFile create(long id, long group, long epoch) {
    FileRecord record = new FileRecord(0, 0, epoch, 0, 0, 0, group, 0, 0);
    CowFile file = new CowFile(engine, id, record, new BlockMap(state.pages, null, epoch, 0, 0, 0));
    live.put(id, file);
    file.countTo(state.accounts.find(group));
    state.hold(file);
    return file;
  }

  /** Has an fsync of {@code target} flush what was written to {@code source} so far. */
  void inheritUnflushed(CowFile target, CowFile source) {
    target.unflushed.inherit(source.unflushed, engine.segments);
  }

  /** The file is no more; under the log lock. */
  void remove(CowFile file) {
    file.removed = true;
    file.uncount();
    state.remove(FileRecord.key(file.id()));
    // after the record: whoever loads it meanwhile is waited for, and does not stay
    live.invalidate(file.id());
  }
}
