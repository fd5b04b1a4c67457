package dev.pando.cowstore;

import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** The body of a change record: a list of operations, FORMAT.md, chapter 4. */
final class ChangeRecord {
  private static final byte PUT = 1;
  private static final byte REMOVE = 2;
  private static final byte CREATE = 3;
  private static final byte REMOVE_FILE = 4;
  private static final byte FORK = 5;
  private static final byte FREEZE = 6;
  private static final byte THAW = 7;
  private static final byte LIMIT = 8;
  private static final byte COUNT = 9;

  /** Keys of the layer above are kept apart from the store's own by this first byte. */
  static final byte USER = 'U';

  private ChangeRecord() {}

  static byte[] userKey(byte[] key) {
    return ByteBuffer.allocate(1 + key.length).put(USER).put(key).array();
  }

  /** Encodes operations, big-endian. */
  record Writer(DataOutputStream out) {
    void put(byte[] key, byte[] value) throws IOException {
      out.writeByte(PUT);
      bytes(key);
      bytes(value);
    }

    void remove(byte[] key) throws IOException {
      out.writeByte(REMOVE);
      bytes(key);
    }

    void create(long file, long group, long epoch) throws IOException {
      out.writeByte(CREATE);
      numbers(file, group, epoch);
    }

    void removeFile(long file) throws IOException {
      out.writeByte(REMOVE_FILE);
      numbers(file);
    }

    void fork(long source, long target, long group, long sourceEpoch, long targetEpoch)
        throws IOException {
      out.writeByte(FORK);
      numbers(source, target, group, sourceEpoch, targetEpoch);
    }

    void freeze(long file) throws IOException {
      out.writeByte(FREEZE);
      numbers(file);
    }

    void thaw(long file, long epoch) throws IOException {
      out.writeByte(THAW);
      numbers(file, epoch);
    }

    void limit(long group, long bytes) throws IOException {
      out.writeByte(LIMIT);
      numbers(group, bytes);
    }

    void count(long file, long group) throws IOException {
      out.writeByte(COUNT);
      numbers(file, group);
    }

    private void numbers(long... values) throws IOException {
      for (long value : values) {
        out.writeLong(value);
      }
    }

    private void bytes(byte[] value) throws IOException {
      out.writeInt(value.length);
      out.write(value);
    }
  }

  /** Applies the operations of record {@code number}; under the log lock. */
  static void apply(ByteBuffer body, long number, LiveState state, FileTable files)
      throws IOException {
    ByteBuffer in = body.order(ByteOrder.BIG_ENDIAN);
    while (in.hasRemaining()) {
      byte code = in.get();
      switch (code) {
        case PUT -> state.put(userKey(bytes(in)), bytes(in));
        case REMOVE -> state.remove(userKey(bytes(in)));
        case CREATE -> {
          CowFile file = files.create(in.getLong(), in.getLong(), epoch(state, in));
          file.lastRecord = number;
        }
        case REMOVE_FILE -> removeFile(files.get(in.getLong()), state, files);
        case FORK -> fork(in, number, state, files);
        case FREEZE -> freeze(files.get(in.getLong()), number, state);
        case THAW -> thaw(files.get(in.getLong()), epoch(state, in), number, state);
        case LIMIT -> state.accounts.limit(in.getLong(), in.getLong());
        case COUNT -> count(files.get(in.getLong()), in.getLong(), number, state);
        default -> throw Change.unknown(code);
      }
    }
  }

  /**
   * Throws unless the operations can be applied one after the other: what fails once they are on
   * record can not be taken back. Outside the log lock; nobody else makes or removes files
   * meanwhile.
   *
   * @param onto files that stand and may be forked on to
   */
  static void check(ByteBuffer body, FileTable files, Collection<CowFile> onto) throws IOException {
    ByteBuffer in = body.order(ByteOrder.BIG_ENDIAN);
    Outlook outlook = new Outlook(files);
    while (in.hasRemaining()) {
      byte code = in.get();
      switch (code) {
        case PUT -> {
          skip(in);
          skip(in);
        }
        case REMOVE -> skip(in);
        case CREATE -> {
          outlook.make(in.getLong());
          in.position(in.position() + 2 * Long.BYTES);
        }
        case REMOVE_FILE -> outlook.remove(in.getLong());
        case FREEZE -> outlook.require(in.getLong());
        case FORK -> {
          outlook.require(in.getLong());
          long target = in.getLong();
          if (onto.stream().anyMatch(file -> file.id() == target)) {
            outlook.require(target);
          } else {
            outlook.make(target);
          }
          in.position(in.position() + 3 * Long.BYTES);
        }
        case THAW, COUNT -> {
          outlook.require(in.getLong());
          in.position(in.position() + Long.BYTES);
        }
        case LIMIT -> in.position(in.position() + 2 * Long.BYTES);
        default -> throw Change.unknown(code);
      }
    }
  }

  /** Which files there will be when operations that are checked have been applied. */
  private static final class Outlook {
    private final FileTable files;
    private final Map<Long, Boolean> changed = new HashMap<>();

    Outlook(FileTable files) {
      this.files = files;
    }

    void make(long file) throws IOException {
      if (changed.getOrDefault(file, false) || files.find(file) != null) {
        throw new IllegalArgumentException("there is, or was, a file " + file);
      }
      changed.put(file, true);
    }

    void require(long file) throws IOException {
      Boolean is = changed.get(file);
      if (is == null) {
        files.get(file);
      } else if (!is) {
        throw FileTable.missing(file);
      }
    }

    void remove(long file) throws IOException {
      require(file);
      changed.put(file, false);
    }
  }

  private static void removeFile(CowFile file, LiveState state, FileTable files)
      throws IOException {
    files.remove(file);
    state.settled();
    state.epochs.leave(file.map);
  }

  private static void fork(ByteBuffer in, long number, LiveState state, FileTable files)
      throws IOException {
    state.settled();
    CowFile source = files.get(in.getLong());
    long targetId = in.getLong();
    long group = in.getLong();
    long sourceEpoch = epoch(state, in);
    long targetEpoch = epoch(state, in);
    CowFile target = files.find(targetId);
    if (target == null) {
      target = files.create(targetId, group, targetEpoch);
    } else {
      state.epochs.leave(target.map);
      target.map.disown(targetEpoch);
    }
    source.reserved = false;
    target.reserved = false;
    boolean moves = divide(source, sourceEpoch, targetId, targetEpoch, state);
    target.map.share(source.map);
    files.inheritUnflushed(target, source);
    target.sharedInto = number;
    target.trimsDue = source.trimsDue;
    state.touch(target, source.size, source.dataTime, number);
    if (moves) {
      source.map.disown(sourceEpoch);
      source.lastRecord = number;
      state.hold(source);
    }
  }

  /**
   * Gives the target of a fork its place among the epochs; says whether the source moves to one of
   * its own too. A source that owns no page has nothing that the target must not take for its own:
   * it stays where it is, and the target stands beside it.
   */
  private static boolean divide(
      CowFile source, long sourceEpoch, long target, long targetEpoch, LiveState state)
      throws IOException {
    long family = source.map.epoch();
    if (source.map.rootId() == 0) {
      return false;
    }
    if (!source.map.ownsAny()) {
      state.epochs.add(targetEpoch, state.epochs.parent(family), target);
      return false;
    }
    if (source.frozen) {
      state.epochs.bear(family, source.id());
      state.epochs.add(targetEpoch, family, target);
      return false;
    }
    state.epochs.add(targetEpoch, family, target);
    state.epochs.add(sourceEpoch, family, source.id());
    state.epochs.leave(source.map);
    return true;
  }

  private static void freeze(CowFile file, long number, LiveState state) {
    file.frozen = true;
    state.settled();
    file.lastRecord = number;
    state.hold(file);
  }

  private static void thaw(CowFile file, long epoch, long number, LiveState state)
      throws IOException {
    long family = file.map.epoch();
    if (state.epochs.get(family).living() > 1) {
      state.epochs.add(epoch, family, file.id());
      state.epochs.leave(file.map);
      file.map.disown(epoch);
    } else {
      state.epochs.changeable(family, number);
      file.thawedBy = number;
    }
    file.frozen = false;
    file.lastRecord = number;
    state.hold(file);
  }

  private static void count(CowFile file, long group, long number, LiveState state) {
    file.countTo(state.accounts.find(group));
    file.window.moveTo(group);
    file.lastRecord = number;
    state.hold(file);
  }

  /** Reads an epoch, and sees to it that it is not given out again. */
  private static long epoch(LiveState state, ByteBuffer in) {
    long epoch = in.getLong();
    state.nextEpoch.accumulateAndGet(epoch + 1, Math::max);
    return epoch;
  }

  private static byte[] bytes(ByteBuffer in) {
    byte[] value = new byte[in.getInt()];
    in.get(value);
    return value;
  }

  private static void skip(ByteBuffer in) {
    int length = in.getInt();
    in.position(in.position() + length);
  }
}
