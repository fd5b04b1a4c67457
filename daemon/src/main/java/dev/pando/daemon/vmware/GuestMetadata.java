package dev.pando.daemon.vmware;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The {@code instance-id} in cloud-init's {@code guestinfo.metadata}, which is YAML or JSON, plain
 * or in base64. By this id cloud-init knows that it runs on a new machine; without one it takes the
 * machine's UUID (cloud-init, DataSourceVMware).
 */
final class GuestMetadata {
  /**
   * At the top level: YAML at a line's beginning, with all of the line as its value, or JSON behind
   * a brace, a comma or a line's beginning.
   */
  private static final Pattern INSTANCE_ID =
      Pattern.compile(
          "(?m)(?:(^instance-id[ \\t]*:[ \\t]+)(\"[^\"\\n]*\"|'[^'\\n]*'|[^\\s\"'][^\\r\\n]*)"
              + "|((?:^|[{,])[ \\t]*\"instance-id\"[ \\t]*:[ \\t]*)"
              + "(\"(?:[^\"\\\\\\n]|\\\\.){0,200}\"|[^\\s,}\"]+))");

  private final String value;
  private final String encoding;

  /**
   * @param value of {@code guestinfo.metadata}
   * @param encoding of {@code guestinfo.metadata.encoding}; empty if there is none
   */
  GuestMetadata(String value, String encoding) {
    this.value = value;
    this.encoding = encoding.strip().toLowerCase(Locale.ROOT);
  }

  /**
   * Whether there may be an id in it that can not be replaced: the text is compressed or coded in
   * an unknown way, or has the id in an unusual place.
   */
  boolean mayKeepInstanceId() {
    return text()
        .map(text -> text.contains("instance-id") && !INSTANCE_ID.matcher(text).find())
        .orElse(true);
  }

  /** The same metadata with another id; nothing if there is none that can be replaced. */
  Optional<String> withInstanceId(String id) {
    String text = text().orElse("");
    Matcher found = INSTANCE_ID.matcher(text);
    if (!found.find()) {
      return Optional.empty();
    }
    int group = found.group(2) != null ? 2 : 4;
    char quote = text.charAt(found.start(group)) == '\'' ? '\'' : '"';
    String changed =
        text.substring(0, found.start(group))
            + quote
            + id
            + quote
            + text.substring(found.end(group));
    return Optional.of(
        isPlain()
            ? changed
            : Base64.getEncoder().encodeToString(changed.getBytes(StandardCharsets.ISO_8859_1)));
  }

  private boolean isPlain() {
    return encoding.isEmpty();
  }

  /** The text; that of base64 with one char for each byte, so that no byte of it is lost. */
  private Optional<String> text() {
    if (isPlain()) {
      return Optional.of(value);
    }
    if (!encoding.equals("base64") && !encoding.equals("b64")) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new String(Base64.getMimeDecoder().decode(value), StandardCharsets.ISO_8859_1));
    } catch (IllegalArgumentException damaged) {
      return Optional.empty();
    }
  }
}
