package dev.pando.cowstore;

import java.util.ArrayList;
import java.util.List;

/**
 * What a check of a store found.
 *
 * @param files files
 * @param pages map pages that something refers to
 * @param usedBytes blocks that something refers to
 * @param damage what contradicts itself in the maps, or can not be read: a sentence each, at most
 *     {@link #MOST}; it can not be put right without losing something
 * @param inaccuracies what does not follow from the maps as it should: free space, counters; it can
 *     be put right
 * @param found how many there are, beyond those told of too
 * @param repaired whether the inaccuracies were put right
 * @param findings what bringing the store in order has found, that is no damage: {@link
 *     CowStore#findings}
 */
public record CheckReport(
    long files,
    long pages,
    long usedBytes,
    List<String> damage,
    List<String> inaccuracies,
    long found,
    boolean repaired,
    List<String> findings) {
  /** How many sentences are kept of each kind. */
  public static final int MOST = 100;

  /** Of a store of which nothing else can be looked at. */
  static CheckReport ofDamage(List<String> damage) {
    List<String> sentences = damage.stream().map(what -> "the catalog: " + what).toList();
    return new CheckReport(0, 0, 0, sentences, List.of(), damage.size(), false, List.of());
  }

  CheckReport withFindings(List<String> sentences) {
    return new CheckReport(
        files, pages, usedBytes, damage, inaccuracies, found, repaired, sentences);
  }

  /** Whether nothing is wrong. */
  public boolean isSound() {
    return found == 0;
  }

  /** With something more that is damaged. */
  CheckReport withDamage(String more) {
    List<String> all = new ArrayList<>(damage);
    all.add(more);
    return new CheckReport(
        files, pages, usedBytes, List.copyOf(all), inaccuracies, found + 1, repaired, findings);
  }
}
