package dev.pando.daemon.vmware;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A VM's list of snapshots, {@code .vmsd}: a reading view of its dictionary. What the file says of
 * itself is not trusted: snapshots are those that have an entry, whatever number it gives. Not
 * thread-safe.
 */
public final class Vmsd {
  private static final Pattern UID =
      Pattern.compile("snapshot(0|[1-9]\\d{0,8})\\.uid", Pattern.CASE_INSENSITIVE);

  /** How many names a sentence holds, and how long each may be. */
  private static final int MAX_NAMES = 3;

  private static final int MAX_NAME_LENGTH = 40;

  private final VmxDictionary dictionary;
  private final List<Snapshot> snapshots;

  private Vmsd(VmxDictionary dictionary) {
    this.dictionary = dictionary;
    this.snapshots = List.copyOf(read());
  }

  /**
   * One snapshot.
   *
   * @param uid by which others name it; never used again
   * @param parentUid the snapshot it was made upon; nothing for the first
   * @param displayName as the user called it; may be empty
   * @param time when it was made, to the microsecond; nothing if the file does not tell
   * @param stateFile its {@code .vmsn}
   */
  public record Snapshot(
      int uid,
      Optional<Integer> parentUid,
      String displayName,
      Optional<Instant> time,
      Optional<String> stateFile) {}

  /**
   * Reads a list. An empty file is the list of a VM that never had a snapshot.
   *
   * @throws FormatException if {@link VmxDictionary#parse} can not read it
   */
  public static Vmsd parse(byte[] bytes) throws FormatException {
    return new Vmsd(VmxDictionary.parse(bytes));
  }

  private List<Snapshot> read() {
    TreeMap<Integer, String> entries = new TreeMap<>();
    for (String name : dictionary.names()) {
      Matcher uid = UID.matcher(name);
      if (uid.matches()) {
        entries.put(Integer.parseInt(uid.group(1)), "snapshot" + uid.group(1));
      }
    }
    List<Snapshot> found = new ArrayList<>();
    for (String entry : entries.values()) {
      number(entry + ".uid").ifPresent(uid -> found.add(snapshot(entry, uid)));
    }
    return found;
  }

  private Snapshot snapshot(String entry, int uid) {
    return new Snapshot(
        uid,
        number(entry + ".parent"),
        dictionary.get(entry + ".displayName").orElse(""),
        time(entry),
        dictionary.get(entry + ".filename").filter(name -> !name.isBlank()));
  }

  private Optional<Integer> number(String key) {
    return integer(key).filter(n -> n >= 0 && n <= Integer.MAX_VALUE).map(Long::intValue);
  }

  private Optional<Long> integer(String key) {
    return dictionary
        .get(key)
        .map(String::strip)
        .filter(digits -> digits.matches("-?[0-9]{1,10}"))
        .map(Long::parseLong);
  }

  /** Microseconds since 1970 in two halves, of which the lower is printed with a sign. */
  private Optional<Instant> time(String entry) {
    Optional<Integer> high = number(entry + ".createTimeHigh");
    Optional<Long> low =
        integer(entry + ".createTimeLow").filter(n -> n >= Integer.MIN_VALUE && n <= 0xFFFF_FFFFL);
    if (high.isEmpty() || low.isEmpty()) {
      return Optional.empty();
    }
    long micros = (high.get().longValue() << 32) | (low.get() & 0xFFFF_FFFFL);
    return Optional.of(Instant.EPOCH.plus(micros, ChronoUnit.MICROS));
  }

  /** The snapshots that have an entry, in the file's numbering. */
  public List<Snapshot> snapshots() {
    return snapshots;
  }

  /** The {@code uid} of the snapshot on which the VM's present state stands. */
  public Optional<Integer> currentUid() {
    return number("snapshot.current").filter(uid -> uid > 0);
  }

  /**
   * A sentence on the snapshots that a clone does not get, of bounded length; nothing if there are
   * none.
   */
  public Optional<String> notCloned() {
    if (snapshots.isEmpty()) {
      return Optional.empty();
    }
    List<String> names =
        snapshots.stream()
            .limit(MAX_NAMES)
            .map(snapshot -> quoted(snapshot.displayName()))
            .toList();
    int more = snapshots.size() - names.size();
    return Optional.of(
        String.format(
            Locale.ROOT,
            "The template has %d snapshot%s that the clone does not get: %s%s.",
            snapshots.size(),
            snapshots.size() == 1 ? "" : "s",
            String.join(", ", names),
            more == 0 ? "" : " and " + more + " more"));
  }

  private static String quoted(String name) {
    String line = name.replaceAll("\\p{Cc}", "?");
    int length = line.codePointCount(0, line.length());
    return length <= MAX_NAME_LENGTH
        ? '"' + line + '"'
        : '"' + line.substring(0, line.offsetByCodePoints(0, MAX_NAME_LENGTH)) + "...\"";
  }
}
