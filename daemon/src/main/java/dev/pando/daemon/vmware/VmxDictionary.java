package dev.pando.daemon.vmware;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The dictionary of {@code .vmx} and {@code .vmsd} files: lines of {@code name = "value"}, edited
 * in place. Every byte that is not changed is kept: order, comments, lines that are not
 * well-formed, spelling of names, line ends, byte order mark, encoding. Names are found whatever
 * their case, as VMware's tools do. Not thread-safe.
 *
 * <p>Format: open-vm-tools, lib/dict/dictll.c. A name that stands twice makes VMware refuse the
 * file; here the first counts, and {@link #set} changes both so that nobody reads an old value.
 */
public final class VmxDictionary {
  /** Larger files are refused; real ones have a few KiB. */
  public static final int MAX_BYTES = 1 << 20;

  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
  private static final byte[] LF = {'\n'};

  /**
   * The name of the entry that holds the encoding: {@code .encoding}, in descriptors without dot.
   */
  private final String encodingName;

  private final boolean hasByteOrderMark;

  /** The lines; null where one was removed, so that positions stay. */
  private final List<DictionaryLine> lines = new ArrayList<>();

  /** Positions of the entries by folded name, in file order. */
  private final Map<String, List<Integer>> positions = new HashMap<>();

  /** How new lines end: as the first line that was read. */
  private byte[] lineEnd = LF;

  private TextEncoding encoding = TextEncoding.UTF_8;

  private VmxDictionary(byte[] bytes, String encodingName) throws FormatException {
    this.encodingName = encodingName;
    requireText(bytes);
    hasByteOrderMark = startsWith(bytes, BYTE_ORDER_MARK);
    split(bytes, hasByteOrderMark ? BYTE_ORDER_MARK.length : 0);
    if (!lines.isEmpty() && endsWithLineFeed(lines.get(0).raw())) {
      lineEnd = lines.get(0).lineEnd();
    }
    Optional<String> declared = get(encodingName).filter(name -> !name.isBlank());
    if (declared.isPresent()) {
      encoding = TextEncoding.named(declared.get());
    }
  }

  /**
   * Reads a dictionary.
   *
   * @param bytes the whole file
   * @throws FormatException if it is not text, larger than {@link #MAX_BYTES}, or in an encoding
   *     that is not known
   */
  public static VmxDictionary parse(byte[] bytes) throws FormatException {
    return new VmxDictionary(bytes, ".encoding");
  }

  /** Reads a disk descriptor, whose header and database have the same lines. */
  static VmxDictionary parseDescriptor(byte[] bytes) throws FormatException {
    return new VmxDictionary(bytes, "encoding");
  }

  private static void requireText(byte[] bytes) throws FormatException {
    if (bytes.length > MAX_BYTES) {
      throw new FormatException(
          "is " + bytes.length + " bytes large, more than any such file (" + MAX_BYTES + ")");
    }
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == 0) {
        throw new FormatException("is not text: it holds a NUL byte at offset " + i);
      }
    }
  }

  private static boolean startsWith(byte[] bytes, byte[] prefix) {
    return bytes.length >= prefix.length
        && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
  }

  private void split(byte[] bytes, int start) {
    int from = start;
    while (from < bytes.length) {
      int to = from;
      while (to < bytes.length && bytes[to] != '\n') {
        to++;
      }
      to = Math.min(to + 1, bytes.length);
      append(DictionaryLine.parse(Arrays.copyOfRange(bytes, from, to)));
      from = to;
    }
  }

  private void append(DictionaryLine line) {
    if (line.isEntry()) {
      positions.computeIfAbsent(fold(line.name()), n -> new ArrayList<>(1)).add(lines.size());
    }
    lines.add(line);
  }

  private static String fold(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /** The value of {@code name}, escapes and encoding resolved. */
  public Optional<String> get(String name) {
    List<Integer> found = positions.get(fold(name));
    return found == null
        ? Optional.empty()
        : Optional.of(encoding.decode(lines.get(found.get(0)).value()));
  }

  /** Whether {@code name} has the value TRUE, in any case. */
  public boolean isTrue(String name) {
    return get(name).filter("TRUE"::equalsIgnoreCase).isPresent();
  }

  /** Whether {@code name} has the value FALSE, in any case. */
  public boolean isFalse(String name) {
    return get(name).filter("FALSE"::equalsIgnoreCase).isPresent();
  }

  /** The names of all entries as they are spelled, in file order, each once. */
  public List<String> names() {
    Set<String> seen = new LinkedHashSet<>();
    List<String> names = new ArrayList<>();
    for (DictionaryLine line : lines) {
      if (line != null && line.isEntry() && seen.add(fold(line.name()))) {
        names.add(line.name());
      }
    }
    return names;
  }

  /** The names that stand more than once, which VMware does not accept. */
  public List<String> duplicates() {
    return names().stream().filter(name -> positions.get(fold(name)).size() > 1).toList();
  }

  /**
   * Whether the text breaks off: its last line has no line end and is not well-formed, or there is
   * no entry at all.
   */
  public boolean isCutOff() {
    if (positions.isEmpty()) {
      return true;
    }
    DictionaryLine last = lines.get(lines.size() - 1);
    return last != null
        && last.lineEnd().length == 0
        && !last.isEntry()
        && !last.isBlankOrComment();
  }

  /**
   * Gives {@code name} a value: in its place if there is such an entry, else on a new last line. If
   * the file's encoding has no bytes for the value, the file changes to UTF-8.
   *
   * @param name ASCII, without blanks, {@code =}, {@code #} and {@code "}
   */
  public void set(String name, String value) {
    byte[] encoded = encode(value);
    List<Integer> found = positions.get(fold(name));
    if (found == null) {
      byte[] lineEnd = endLastLine();
      append(DictionaryLine.entry(requireName(name), encoded, lineEnd));
    } else {
      for (int position : found) {
        lines.set(position, lines.get(position).withValue(encoded));
      }
    }
  }

  private static byte[] requireName(String name) {
    boolean valid = !name.isEmpty() && name.chars().allMatch(c -> c > ' ' && c < 0x7f);
    if (!valid || name.matches(".*[=#\"].*")) {
      throw new IllegalArgumentException("not a name of a dictionary entry: \"" + name + "\"");
    }
    return name.getBytes(StandardCharsets.US_ASCII);
  }

  /** Sees to it that the last line ends, and returns the line end the file uses. */
  private byte[] endLastLine() {
    int last = lines.size() - 1;
    while (last >= 0 && lines.get(last) == null) {
      last--;
    }
    if (last >= 0 && !endsWithLineFeed(lines.get(last).raw())) {
      lines.set(last, DictionaryLine.of(lines.get(last).content(), lineEnd));
    }
    return lineEnd;
  }

  private static boolean endsWithLineFeed(byte[] raw) {
    return raw.length > 0 && raw[raw.length - 1] == '\n';
  }

  /** Removes the entry, with its line; returns whether there was one. */
  public boolean remove(String name) {
    List<Integer> found = positions.remove(fold(name));
    if (found == null) {
      return false;
    }
    for (int position : found) {
      lines.set(position, null);
    }
    return true;
  }

  /** The whole file. Without a change in between, exactly the bytes that were read. */
  public byte[] bytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    if (hasByteOrderMark) {
      out.writeBytes(BYTE_ORDER_MARK);
    }
    for (DictionaryLine line : lines) {
      if (line != null) {
        out.writeBytes(line.raw());
      }
    }
    return out.toByteArray();
  }

  /** The lines that are no entries, blank lines or comments, with their positions. */
  Map<Integer, byte[]> otherLines() {
    Map<Integer, byte[]> others = new LinkedHashMap<>();
    for (int i = 0; i < lines.size(); i++) {
      DictionaryLine line = lines.get(i);
      if (line != null && !line.isEntry() && !line.isBlankOrComment()) {
        others.put(i, line.content());
      }
    }
    return others;
  }

  /** Replaces the content of a line that {@link #otherLines} has given. */
  void replaceOther(int position, byte[] content) {
    lines.set(position, lines.get(position).withContent(content));
  }

  String decode(byte[] bytes) {
    return encoding.decode(bytes);
  }

  /** The bytes of {@code text} in the file's encoding, which becomes UTF-8 if it must. */
  byte[] encode(String text) {
    Optional<byte[]> encoded = encoding.encode(text);
    if (encoded.isPresent() || encoding.isUtf8()) {
      // An unpaired surrogate is the only thing UTF-8 refuses; it becomes a question mark.
      return encoded.orElseGet(() -> text.getBytes(StandardCharsets.UTF_8));
    }
    changeToUtf8();
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void changeToUtf8() {
    List<DictionaryLine> old = new ArrayList<>(lines);
    TextEncoding oldEncoding = encoding;
    lines.clear();
    positions.clear();
    encoding = TextEncoding.UTF_8;
    for (DictionaryLine line : old) {
      if (line == null) {
        lines.add(null);
      } else {
        append(inUtf8(line, oldEncoding));
      }
    }
    set(encodingName, "UTF-8");
  }

  private static DictionaryLine inUtf8(DictionaryLine line, TextEncoding old) {
    if (!line.isEntry()) {
      return line.withContent(old.toUtf8(line.content()));
    }
    byte[] value = line.value();
    if (isAscii(line.raw()) && isAscii(value)) {
      return line;
    }
    // An escape may stand for half a character, so the value is resolved before it is decoded. The
    // name keeps its bytes, by which it is found.
    ByteArrayOutputStream empty = new ByteArrayOutputStream();
    empty.writeBytes(line.beforeValue());
    empty.writeBytes(old.toUtf8(line.afterValue()));
    return DictionaryLine.parse(empty.toByteArray()).withValue(old.toUtf8(value));
  }

  private static boolean isAscii(byte[] bytes) {
    for (byte b : bytes) {
      if (b < 0) {
        return false;
      }
    }
    return true;
  }
}
