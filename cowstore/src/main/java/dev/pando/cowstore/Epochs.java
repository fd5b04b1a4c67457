package dev.pando.cowstore;

import dev.pando.cowstore.map.BlockMap;
import dev.pando.cowstore.map.EpochAliases;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The tree of epochs: FORMAT.md, chapter 6. A file bears one; a fork gives it, and the file it was
 * forked from unless that is frozen, a new one below. Used under the log lock.
 *
 * <p>An epoch without a record has no parent and one living child, the file that bears it. When
 * none is left, nothing can reach its pages any more but through its root: it is dead, and is put
 * where the reclaimer finds it. When one is left, and that is an epoch, the two can be one: it is
 * put where the {@link Merger} finds it.
 */
final class Epochs {
  static final byte EPOCH = 'E';
  static final byte ALIAS = 'A';
  static final byte DEAD = 'D';

  /** Epochs that nobody bears and whose pages hold reserved blocks. */
  static final byte RESERVED = 'R';

  /** Epochs whose only child may be merged into them, and those in which that is under way. */
  static final byte JOINING = 'J';

  private final Records records;
  private final EpochAliases aliases;

  Epochs(Records records, EpochAliases aliases) {
    this.records = records;
    this.aliases = aliases;
  }

  /**
   * One epoch.
   *
   * @param parent the epoch it descends from, as it was called then; 0 for none
   * @param living its children that live; a file that bears it counts as one
   * @param root the page that was the root of the file that bore it; 0 while one does
   * @param bearer the file that bears it; 0 for none, or if it has no parent and no other child yet
   * @param children the ids of its child epochs that live, combined by exclusive or: with one left,
   *     that one
   * @param privateBlocks marks in its pages; counted by the bearer while there is one
   * @param unwrittenBlocks those of them that are reserved; counted likewise
   */
  record Epoch(
      long parent,
      int living,
      long root,
      long bearer,
      long children,
      long privateBlocks,
      long unwrittenBlocks) {
    private static final int BYTES = 6 * Long.BYTES + Integer.BYTES;

    byte[] encode() {
      return ByteBuffer.allocate(BYTES)
          .putLong(parent)
          .putInt(living)
          .putLong(root)
          .putLong(bearer)
          .putLong(children)
          .putLong(privateBlocks)
          .putLong(unwrittenBlocks)
          .array();
    }

    static Epoch decode(byte[] value) {
      ByteBuffer in = ByteBuffer.wrap(value);
      return new Epoch(
          in.getLong(),
          in.getInt(),
          in.getLong(),
          in.getLong(),
          in.getLong(),
          in.getLong(),
          in.getLong());
    }

    /** After the file that bore it, with this map, does not any more. */
    Epoch left(BlockMap map) {
      return new Epoch(
          parent,
          living - 1,
          map.rootId(),
          0,
          children,
          map.privateBlocks(),
          map.unwrittenBlocks());
    }

    Epoch withParent(long newParent) {
      return new Epoch(newParent, living, root, bearer, children, privateBlocks, unwrittenBlocks);
    }

    Epoch withChild(long child, int more) {
      return new Epoch(
          parent, living + more, root, bearer, children ^ child, privateBlocks, unwrittenBlocks);
    }

    /** Whether all that is left of it is one child, which is no file. */
    boolean isJoinable() {
      return living == 1 && bearer == 0 && children != 0 && unwrittenBlocks == 0;
    }

    /** With other counts of its pages' marks. */
    Epoch withCounts(long newPrivate, long newUnwritten) {
      return new Epoch(parent, living, root, bearer, children, newPrivate, newUnwritten);
    }
  }

  /** Reads the aliases that the catalog has. */
  void loadAliases() throws IOException {
    List<long[]> pairs = new ArrayList<>();
    records.scan(
        new byte[] {ALIAS},
        new byte[] {ALIAS + 1},
        (key, value) -> {
          long alias = ByteBuffer.wrap(key, 1, Long.BYTES).getLong();
          return pairs.add(new long[] {alias, ByteBuffer.wrap(value).getLong()});
        });
    aliases.load(pairs);
  }

  Epoch get(long id) throws IOException {
    byte[] value = records.get(key(EPOCH, id));
    return value == null ? new Epoch(0, 1, 0, 0, 0, 0, 0) : Epoch.decode(value);
  }

  /** With each change an epoch names its parent itself, and no alias of it, which can go then. */
  void put(long id, Epoch epoch) {
    records.put(key(EPOCH, id), epoch.withParent(aliases.resolve(epoch.parent)).encode());
  }

  /** The epoch that {@code id} descends from; 0 for none. */
  long parent(long id) throws IOException {
    return aliases.resolve(get(id).parent);
  }

  /** {@code id} becomes a child of {@code parent}, borne by a file. */
  void add(long id, long parent, long bearer) throws IOException {
    put(id, new Epoch(parent, 1, 0, bearer, 0, 0, 0));
    if (parent != 0) {
      put(parent, get(parent).withChild(id, 1));
    }
  }

  /** Notes who bears an epoch that has not had a record so far, or has. */
  void bear(long id, long bearer) throws IOException {
    Epoch epoch = get(id);
    put(id, new Epoch(epoch.parent, epoch.living, 0, bearer, epoch.children, 0, 0));
  }

  /** The file that bore {@code map}'s epoch does not any more. */
  void leave(BlockMap map) throws IOException {
    settle(map.epoch(), get(map.epoch()).left(map));
  }

  private void settle(long id, Epoch epoch) throws IOException {
    put(id, epoch);
    if (epoch.living == 0) {
      die(id, epoch);
    } else if (epoch.bearer == 0 && epoch.unwrittenBlocks > 0) {
      records.put(key(RESERVED, id), number(epoch.root));
    } else if (epoch.isJoinable() && records.get(key(JOINING, id)) == null) {
      putJoining(id, 0);
    }
  }

  private void die(long id, Epoch epoch) throws IOException {
    if (epoch.root == 0 && joiningRoot(id) <= 0) {
      gone(id);
    } else {
      records.put(key(DEAD, id), number(epoch.root));
    }
  }

  /** Nothing is left of a dead epoch: its parent has one living child less. */
  void gone(long id) throws IOException {
    long parent = parent(id);
    records.remove(key(EPOCH, id));
    records.remove(key(DEAD, id));
    records.remove(key(JOINING, id));
    records.remove(key(RESERVED, id));
    records.remove(key(Immutability.CHANGEABLE, id));
    if (parent != 0) {
      settle(parent, get(parent).withChild(id, -1));
    }
  }

  /** From this record on what an epoch's pages have marked may be changed in place again. */
  void changeable(long id, long number) {
    records.put(key(Immutability.CHANGEABLE, id), number(number));
  }

  /** The pages of an epoch that nobody bears hold no reserved blocks any more. */
  void stripped(long id) throws IOException {
    records.remove(key(RESERVED, id));
    Epoch epoch = get(id);
    if (epoch.living > 0) {
      settle(id, epoch.withCounts(epoch.privateBlocks, 0));
    }
  }

  /** Whether what is known of an epoch is in the catalog, and nothing newer is known. */
  boolean isCommitted(long id) {
    return records.isCommitted(key(EPOCH, id));
  }

  // ---- merging

  /** The root of what {@code id} was before its child was merged into it; 0: not yet; -1: none. */
  long joiningRoot(long id) throws IOException {
    byte[] value = records.get(key(JOINING, id));
    return value == null ? -1 : ByteBuffer.wrap(value).getLong();
  }

  private void putJoining(long id, long root) {
    records.put(key(JOINING, id), number(root));
  }

  /**
   * The only child that {@code id} has left becomes one with it: who descends from the child, or
   * bears it, is the parent's from now on.
   *
   * @return the child as it was
   */
  Epoch join(long id) throws IOException {
    Epoch parent = get(id);
    long childId = parent.children;
    Epoch child = get(childId);
    put(
        id,
        new Epoch(
            parent.parent,
            child.living,
            child.root,
            child.bearer,
            child.children,
            child.bearer == 0 ? parent.privateBlocks + child.privateBlocks : 0,
            child.bearer == 0 ? child.unwrittenBlocks : 0));
    if (child.bearer == 0 && records.get(key(RESERVED, childId)) != null) {
      records.remove(key(RESERVED, childId));
      records.put(key(RESERVED, id), number(child.root));
    }
    records.remove(key(EPOCH, childId));
    records.remove(key(JOINING, childId));
    records.remove(key(Immutability.CHANGEABLE, childId));
    records.put(key(ALIAS, childId), number(id));
    aliases.add(childId, id);
    putJoining(id, parent.root);
    return child;
  }

  /**
   * By a record of this number: nothing of what {@code id} was before is left, or it is not to be
   * joined; it may be, again. What its pages have marked may have been changed in place all the
   * same, by a join that the loss of power has taken back.
   */
  void joined(long id, long number) throws IOException {
    if (joiningRoot(id) < 0) {
      return;
    }
    records.remove(key(JOINING, id));
    changeable(id, number);
    Epoch epoch = get(id);
    if (epoch.isJoinable()) {
      putJoining(id, 0);
    }
  }

  /**
   * How often each alias is named: what another alias stands for, or the parent of an epoch. There
   * may be many epochs; only what is an alias is counted.
   */
  Map<Long, Integer> namedAliases() throws IOException {
    Map<Long, Integer> named = new HashMap<>();
    records.scan(
        new byte[] {ALIAS},
        new byte[] {ALIAS + 1},
        (key, value) -> {
          named.merge(ByteBuffer.wrap(value).getLong(), 1, Integer::sum);
          return true;
        });
    records.scan(
        new byte[] {EPOCH},
        new byte[] {EPOCH + 1},
        (key, value) -> {
          long parent = Epoch.decode(value).parent;
          if (aliases.resolve(parent) != parent) {
            named.merge(parent, 1, Integer::sum);
          }
          return true;
        });
    return named;
  }

  /** What an alias was made to stand for, which may be an alias by now. */
  long meaning(long alias) throws IOException {
    return ByteBuffer.wrap(records.get(key(ALIAS, alias))).getLong();
  }

  /** Forgets aliases that nothing bears or names, given by rising alias. */
  void forget(long[] unused) {
    for (long alias : unused) {
      records.remove(key(ALIAS, alias));
    }
    aliases.remove(unused);
  }

  private static byte[] number(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }

  static byte[] key(byte table, long id) {
    return ByteBuffer.allocate(1 + Long.BYTES).put(table).putLong(id).array();
  }
}
