package dev.pando.cowstore;

import dev.pando.cowstore.map.DamagedPageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * Which blocks nobody can change in place: those with a mark in the pages of an epoch that no file
 * bears, or a frozen one. As of one look at the files; {@link #holds} looks again.
 */
final class Immutability {
  /** When an epoch's pages may have come to be changed in place again: the number of a record. */
  static final byte CHANGEABLE = 'W';

  private final Engine engine;

  /** Frozen files by the epoch they bear. */
  private final Map<Long, Long> frozen = new HashMap<>();

  private Immutability(Engine engine) {
    this.engine = engine;
  }

  static Immutability look(Engine engine) throws IOException {
    Immutability now = new Immutability(engine);
    engine.state.records.scan(
        new byte[] {FileRecord.TABLE},
        new byte[] {FileRecord.TABLE + 1},
        (key, value) -> {
          FileRecord file = FileRecord.decode(value);
          if ((file.flags() & FileRecord.FROZEN) != 0) {
            now.frozen.put(file.epoch(), ByteBuffer.wrap(key, 1, Long.BYTES).getLong());
          }
          return true;
        });
    return now;
  }

  /** The epoch that a page of {@code pageEpoch} belongs to. */
  long epoch(long pageEpoch) {
    return engine.state.pages.aliases().resolve(pageEpoch);
  }

  /**
   * Whether what the pages of an epoch have marked can not be changed at the moment, and could not
   * be before the power went: an epoch that is to be joined may have been.
   */
  boolean holds(long epoch) throws IOException {
    if (engine.state.epochs.joiningRoot(epoch) >= 0) {
      return false;
    }
    byte[] value = engine.state.records.get(Epochs.key(Epochs.EPOCH, epoch));
    if (value != null) {
      Epochs.Epoch now = Epochs.Epoch.decode(value);
      if (now.bearer() == 0 && !frozen.containsKey(epoch)) {
        return now.living() > 0;
      }
    }
    Long bearer = frozen.get(epoch);
    CowFile file = bearer == null ? null : find(bearer);
    return file != null && !file.removed && file.frozen && file.map.epoch() == epoch;
  }

  /** The file; null if there is none, or none that can be opened. */
  private CowFile find(long id) throws IOException {
    try {
      return engine.files.find(id);
    } catch (DamagedPageException e) {
      return null;
    }
  }

  /** Whether it has held, without a break, since this record. */
  boolean hasHeldSince(long epoch, long record) throws IOException {
    byte[] value = engine.state.records.get(Epochs.key(CHANGEABLE, epoch));
    return (value == null || ByteBuffer.wrap(value).getLong() < record) && holds(epoch);
  }
}
