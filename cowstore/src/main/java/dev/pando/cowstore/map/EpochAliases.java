package dev.pando.cowstore.map;

import java.util.Arrays;
import java.util.List;

/**
 * Which epoch the pages of an epoch belong to now: those of one that was merged into its parent are
 * the parent's. Looked up by any thread, without allocating; changed under the log lock.
 */
public final class EpochAliases {
  /** Replaced, never changed; by rising alias. */
  private volatile Table table = new Table(new long[0], new long[0]);

  @SuppressWarnings("ArrayRecordComponent") // never handed out
  private record Table(long[] aliases, long[] meanings) {}

  /** The epoch that {@code epoch} means: itself, unless it was merged. */
  public long resolve(long epoch) {
    Table now = table;
    if (now.aliases.length == 0) {
      return epoch;
    }
    int at = Arrays.binarySearch(now.aliases, epoch);
    return at < 0 ? epoch : now.meanings[at];
  }

  /** Those that the catalog has: pairs by rising alias, what they mean not followed up. */
  public void load(List<long[]> pairs) {
    long[] aliases = pairs.stream().mapToLong(pair -> pair[0]).toArray();
    long[] meanings = pairs.stream().mapToLong(pair -> pair[1]).toArray();
    for (int i = 0; i < meanings.length; i++) {
      for (int at = i; at >= 0; at = Arrays.binarySearch(aliases, meanings[i])) {
        meanings[i] = meanings[at];
      }
    }
    table = new Table(aliases, meanings);
  }

  /** The epochs that mean another one, rising. */
  public long[] aliases() {
    return table.aliases.clone();
  }

  /** How many epochs mean another one. */
  public int count() {
    return table.aliases.length;
  }

  /** Forgets aliases that no page bears, given by rising alias; under the log lock. */
  public void remove(long[] gone) {
    Table old = table;
    long[] aliases = new long[old.aliases.length];
    long[] meanings = new long[old.aliases.length];
    int kept = 0;
    for (int i = 0; i < old.aliases.length; i++) {
      if (Arrays.binarySearch(gone, old.aliases[i]) < 0) {
        aliases[kept] = old.aliases[i];
        meanings[kept++] = old.meanings[i];
      }
    }
    table = new Table(Arrays.copyOf(aliases, kept), Arrays.copyOf(meanings, kept));
  }

  /** From now on {@code alias}, and what meant it, means {@code epoch}; under the log lock. */
  public void add(long alias, long epoch) {
    Table old = table;
    int at = -Arrays.binarySearch(old.aliases, alias) - 1;
    if (at < 0) {
      throw new IllegalArgumentException("epoch " + alias + " was merged before");
    }
    int length = old.aliases.length;
    long[] aliases = Arrays.copyOf(old.aliases, length + 1);
    long[] meanings = Arrays.copyOf(old.meanings, length + 1);
    System.arraycopy(old.aliases, at, aliases, at + 1, length - at);
    System.arraycopy(old.meanings, at, meanings, at + 1, length - at);
    aliases[at] = alias;
    meanings[at] = epoch;
    for (int i = 0; i <= length; i++) {
      if (meanings[i] == alias) {
        meanings[i] = epoch;
      }
    }
    table = new Table(aliases, meanings);
  }
}
