package dev.pando.daemon.vmware;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The supplement of a configuration: XML with root {@code Foundry}, of which two elements matter,
 * in each {@code VM} there is (a stale file can hold two). It is edited as bytes, so that all else
 * stays as it is. Not thread-safe.
 */
public final class Vmxf {
  private static final String MEMBER_ID = "VMId";
  private static final String VMX_PATH = "vmxPathName";

  /** The length of the longest character references, that of U+10FFFF. */
  private static final int MAX_REFERENCE = 10;

  /** One char for each byte: lossless in every encoding that holds ASCII as ASCII. */
  private String text;

  private Vmxf(String text) {
    this.text = text;
  }

  /**
   * Reads a supplement.
   *
   * @throws FormatException if it is not XML of this kind, or larger than {@link
   *     VmxDictionary#MAX_BYTES}
   */
  public static Vmxf parse(byte[] bytes) throws FormatException {
    if (bytes.length > VmxDictionary.MAX_BYTES) {
      throw new FormatException("is " + bytes.length + " bytes large, more than any such file");
    }
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    if (!text.contains("<Foundry") || !text.contains("</Foundry>")) {
      throw new FormatException("is cut off, or is no supplement of a virtual machine");
    }
    return new Vmxf(text);
  }

  /** The name of the {@code .vmx} it belongs to. */
  public Optional<String> vmxPath() {
    return first(VMX_PATH)
        .map(raw -> raw.getBytes(StandardCharsets.ISO_8859_1))
        .map(raw -> unescape(new String(raw, StandardCharsets.UTF_8)));
  }

  /** The machine's id in a team. */
  public Optional<MachineUuid> memberId() {
    return first(MEMBER_ID).flatMap(MachineUuid::parse);
  }

  /** Says to which {@code .vmx} it belongs, in every place that says so. */
  void setVmxPath(String path) {
    replace(VMX_PATH, escape(path));
  }

  /** Gives the machine another id, in every place that has one. */
  void setMemberId(MachineUuid id) {
    replace(MEMBER_ID, id.spaced());
  }

  /** The whole file. Without a change in between, exactly the bytes that were read. */
  public byte[] bytes() {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private Optional<String> first(String element) {
    List<int[]> found = contents(element);
    return found.isEmpty()
        ? Optional.empty()
        : Optional.of(text.substring(found.get(0)[0], found.get(0)[1]));
  }

  private void replace(String element, String content) {
    StringBuilder result = new StringBuilder();
    int copied = 0;
    for (int[] range : contents(element)) {
      result.append(text, copied, range[0]).append(content);
      copied = range[1];
    }
    text = result.append(text, copied, text.length()).toString();
  }

  /** Beginning and end of the content of each {@code element} that holds text only. */
  private List<int[]> contents(String element) {
    List<int[]> found = new ArrayList<>();
    String opening = "<" + element;
    int at = text.indexOf(opening);
    while (at >= 0) {
      int name = at + opening.length();
      int start = endOfTag(name);
      int end = start > 0 ? text.indexOf('<', start) : -1;
      boolean isElement = end >= 0 && text.startsWith("</" + element, end);
      if (isElement) {
        found.add(new int[] {start, end});
      }
      at = text.indexOf(opening, isElement ? end : name);
    }
    return found;
  }

  /**
   * Where the content of an opening tag begins; -1 if the tag has another name or does not end. No
   * character is looked at for two tags, so that many that never end cost no more than the file.
   */
  private int endOfTag(int nameEnd) {
    if (nameEnd >= text.length() || " \t\r\n>".indexOf(text.charAt(nameEnd)) < 0) {
      return -1;
    }
    int at = nameEnd;
    while (at < text.length() && text.charAt(at) != '>' && text.charAt(at) != '<') {
      at++;
    }
    return at < text.length() && text.charAt(at) == '>' ? at + 1 : -1;
  }

  /** Characters beyond ASCII become references, which every encoding can hold. */
  private static String escape(String value) {
    StringBuilder xml = new StringBuilder();
    value
        .codePoints()
        .forEach(
            c -> {
              if (c < ' ' || c > '~' || "&<>\"'".indexOf(c) >= 0) {
                xml.append("&#").append(c).append(';');
              } else {
                xml.appendCodePoint(c);
              }
            });
    return xml.toString();
  }

  private static String unescape(String xml) {
    StringBuilder value = new StringBuilder();
    int at = 0;
    while (at < xml.length()) {
      String ahead = xml.substring(at, Math.min(xml.length(), at + MAX_REFERENCE));
      int end = ahead.startsWith("&") ? ahead.indexOf(';') : -1;
      Optional<String> known = end < 0 ? Optional.empty() : reference(ahead.substring(1, end));
      value.append(known.orElse(ahead.substring(0, 1)));
      at += known.isPresent() ? end + 1 : 1;
    }
    return value.toString();
  }

  private static Optional<String> reference(String name) {
    return switch (name) {
      case "amp" -> Optional.of("&");
      case "lt" -> Optional.of("<");
      case "gt" -> Optional.of(">");
      case "quot" -> Optional.of("\"");
      case "apos" -> Optional.of("'");
      default -> numericReference(name);
    };
  }

  private static Optional<String> numericReference(String name) {
    if (!name.matches("#(x[0-9A-Fa-f]{1,6}|[0-9]{1,7})")) {
      return Optional.empty();
    }
    boolean hexadecimal = name.charAt(1) == 'x';
    int point = Integer.parseInt(name.substring(hexadecimal ? 2 : 1), hexadecimal ? 16 : 10);
    return Character.isValidCodePoint(point)
        ? Optional.of(Character.toString(point))
        : Optional.empty();
  }
}
