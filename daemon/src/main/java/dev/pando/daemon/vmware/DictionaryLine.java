package dev.pando.daemon.vmware;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One line of a dictionary with its line end, immutable. An <em>entry</em> is {@code name = value}
 * or {@code name = "value"}, with an optional comment behind; every other line (comment, blank, not
 * well-formed) is kept as it is. The rules are those of DictLL_UnmarshalLine in open-vm-tools,
 * lib/dict/dictll.c, with CR LF as a line end.
 */
final class DictionaryLine {
  private final byte[] raw;
  private final int contentEnd;

  /** Where the name lies; an empty range says that the line is no entry. */
  private int nameStart;

  private int nameEnd;

  /** Where the value lies, between the quotes if there are any. */
  private int valueStart;

  private int valueEnd;
  private boolean quoted;

  private DictionaryLine(byte[] raw) {
    this.raw = raw;
    int end = raw.length;
    if (end > 0 && raw[end - 1] == '\n') {
      end--;
    }
    while (end > 0 && raw[end - 1] == '\r') {
      end--;
    }
    contentEnd = end;
    if (!parse()) {
      nameStart = nameEnd = 0;
    }
  }

  /**
   * Reads a line.
   *
   * @param raw the line with its line end; not to be changed afterwards
   */
  static DictionaryLine parse(byte[] raw) {
    return new DictionaryLine(raw);
  }

  /** The line of {@code content} and {@code lineEnd}. */
  static DictionaryLine of(byte[] content, byte[] lineEnd) {
    byte[] line = Arrays.copyOf(content, content.length + lineEnd.length);
    System.arraycopy(lineEnd, 0, line, content.length, lineEnd.length);
    return new DictionaryLine(line);
  }

  /** A new entry, written as VMware writes it. */
  static DictionaryLine entry(byte[] name, byte[] value, byte[] lineEnd) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(name);
    out.writeBytes(ascii(" = \""));
    out.writeBytes(Escape.escape(value));
    out.write('"');
    out.writeBytes(lineEnd);
    return new DictionaryLine(out.toByteArray());
  }

  private boolean parse() {
    nameStart = skipBlanks(0);
    nameEnd = nameStart;
    while (nameEnd < contentEnd && raw[nameEnd] != '=' && !endsWord(raw[nameEnd])) {
      nameEnd++;
    }
    int at = skipBlanks(nameEnd);
    if (nameEnd == nameStart || at == contentEnd || raw[at] != '=') {
      return false;
    }
    at = skipBlanks(at + 1);
    quoted = at < contentEnd && raw[at] == '"';
    valueStart = quoted ? at + 1 : at;
    valueEnd = valueStart;
    while (valueEnd < contentEnd && (quoted ? raw[valueEnd] != '"' : !endsWord(raw[valueEnd]))) {
      valueEnd++;
    }
    if (quoted && valueEnd == contentEnd) {
      return false;
    }
    at = skipBlanks(quoted ? valueEnd + 1 : valueEnd);
    return at == contentEnd || raw[at] == '#';
  }

  private int skipBlanks(int from) {
    int at = from;
    while (at < contentEnd && (raw[at] == ' ' || raw[at] == '\t')) {
      at++;
    }
    return at;
  }

  private static boolean endsWord(byte b) {
    return b == ' ' || b == '\t' || b == '#';
  }

  boolean isEntry() {
    return nameEnd > nameStart;
  }

  /** Whether the line has nothing but blanks, or a comment. */
  boolean isBlankOrComment() {
    int at = skipBlanks(0);
    return at == contentEnd || raw[at] == '#';
  }

  /** The name as it is spelled, one char for each byte. */
  String name() {
    return new String(raw, nameStart, nameEnd - nameStart, StandardCharsets.ISO_8859_1);
  }

  /** The value with its escapes resolved, in the file's encoding. */
  byte[] value() {
    return Escape.unescape(raw, valueStart, valueEnd);
  }

  /** All bytes of the line, line end included; not to be changed. */
  byte[] raw() {
    return raw;
  }

  /** The line without its line end. */
  byte[] content() {
    return Arrays.copyOf(raw, contentEnd);
  }

  /** The line end: LF, CR LF, or nothing on the last line. */
  byte[] lineEnd() {
    return Arrays.copyOfRange(raw, contentEnd, raw.length);
  }

  /** This entry with another value; name, blanks and comment stay. The same line if it is equal. */
  DictionaryLine withValue(byte[] value) {
    if (Arrays.equals(value, value())) {
      return this;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(raw.length + value.length);
    out.write(raw, 0, valueStart);
    if (!quoted) {
      out.write('"');
    }
    out.writeBytes(Escape.escape(value));
    if (!quoted) {
      out.write('"');
    }
    out.write(raw, valueEnd, raw.length - valueEnd);
    return new DictionaryLine(out.toByteArray());
  }

  /** A line of other content with this line's end. */
  DictionaryLine withContent(byte[] content) {
    return of(content, lineEnd());
  }

  /** What stands before the value and behind it, with the quotes if there are any. */
  byte[] beforeValue() {
    return Arrays.copyOf(raw, valueStart);
  }

  byte[] afterValue() {
    return Arrays.copyOfRange(raw, valueEnd, raw.length);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
