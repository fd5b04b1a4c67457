package dev.pando.daemon.qemu;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Characters that XML writes as references. */
final class References {
  private static final Pattern REFERENCE =
      Pattern.compile("&(?:#(\\d{1,7})|#x([0-9A-Fa-f]{1,6})|(amp|lt|gt|quot|apos));");

  private References() {}

  /** {@code value} as it can stand in text and attributes of any encoding. */
  static String escape(String value) {
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

  static String resolve(String xml) {
    return REFERENCE.matcher(xml).replaceAll(match -> Matcher.quoteReplacement(one(match)));
  }

  private static String one(java.util.regex.MatchResult match) {
    if (match.group(3) != null) {
      return switch (match.group(3)) {
        case "amp" -> "&";
        case "lt" -> "<";
        case "gt" -> ">";
        case "quot" -> "\"";
        default -> "'";
      };
    }
    int point =
        match.group(1) != null
            ? Integer.parseInt(match.group(1))
            : Integer.parseInt(match.group(2), 16);
    return Character.isValidCodePoint(point) ? Character.toString(point) : match.group();
  }
}
