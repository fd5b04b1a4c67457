package dev.pando.cowstore;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The tree of epochs: FORMAT.md, chapter 6. A file bears one; a fork gives it, and the file it was
 * forked from unless that is frozen, a new one below. Used under the log lock.
 *
 * <p>An epoch without a record has no parent and one living child, the file that bears it. When
 * none is left, nothing can reach its pages any more but through its root: it is dead, and is put
 * where the reclaimer finds it.
 */
final class Epochs {
  private static final byte EPOCH = 'E';
  static final byte DEAD = 'D';

  private final Records records;

  Epochs(Records records) {
    this.records = records;
  }

  /**
   * One epoch.
   *
   * @param parent the epoch it descends from; 0 for none
   * @param living its children that live; a file that bears it counts as one
   * @param root the page that was the root of the file that bore it; 0 while one does
   */
  record Epoch(long parent, int living, long root) {
    private static final int BYTES = 20;

    byte[] encode() {
      return ByteBuffer.allocate(BYTES).putLong(parent).putInt(living).putLong(root).array();
    }

    static Epoch decode(byte[] value) {
      ByteBuffer in = ByteBuffer.wrap(value);
      return new Epoch(in.getLong(), in.getInt(), in.getLong());
    }
  }

  Epoch get(long id) throws IOException {
    byte[] value = records.get(key(EPOCH, id));
    return value == null ? new Epoch(0, 1, 0) : Epoch.decode(value);
  }

  private void put(long id, Epoch epoch) {
    records.put(key(EPOCH, id), epoch.encode());
  }

  /** {@code id} becomes a child of {@code parent}, borne by a file. */
  void add(long id, long parent) throws IOException {
    put(id, new Epoch(parent, 1, 0));
    if (parent != 0) {
      Epoch above = get(parent);
      put(parent, new Epoch(above.parent, above.living + 1, above.root));
    }
  }

  /** The file that bore {@code id} does not any more; {@code root} was its map's root, or 0. */
  void leave(long id, long root) throws IOException {
    Epoch epoch = get(id);
    Epoch left = new Epoch(epoch.parent, epoch.living - 1, root);
    put(id, left);
    if (left.living == 0) {
      die(id, left);
    }
  }

  private void die(long id, Epoch epoch) throws IOException {
    if (epoch.root == 0) {
      gone(id);
    } else {
      records.put(key(DEAD, id), ByteBuffer.allocate(Long.BYTES).putLong(epoch.root).array());
    }
  }

  /** Nothing is left of a dead epoch: its parent has one living child less. */
  void gone(long id) throws IOException {
    Epoch epoch = get(id);
    records.remove(key(EPOCH, id));
    records.remove(key(DEAD, id));
    if (epoch.parent != 0) {
      Epoch above = get(epoch.parent);
      Epoch left = new Epoch(above.parent, above.living - 1, above.root);
      put(epoch.parent, left);
      if (left.living == 0) {
        die(epoch.parent, left);
      }
    }
  }

  static byte[] key(byte table, long id) {
    return ByteBuffer.allocate(1 + Long.BYTES).put(table).putLong(id).array();
  }
}
