package dev.pando.daemon.vmware;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The character set a file declares for its text. */
final class TextEncoding {
  static final TextEncoding UTF_8 = new TextEncoding(StandardCharsets.UTF_8);

  private static final String PRINTABLE = printable();

  private final Charset charset;

  private TextEncoding(Charset charset) {
    this.charset = charset;
  }

  /**
   * The encoding of that name. It must hold ASCII as ASCII: the file's structure is read as bytes.
   */
  static TextEncoding named(String name) throws FormatException {
    Charset charset;
    try {
      charset = Charset.forName(name.strip());
    } catch (IllegalArgumentException unknown) {
      throw unusable(name);
    }
    byte[] ascii = PRINTABLE.getBytes(StandardCharsets.US_ASCII);
    if (!charset.canEncode() || !new String(ascii, charset).equals(PRINTABLE)) {
      throw unusable(name);
    }
    return new TextEncoding(charset);
  }

  private static FormatException unusable(String name) {
    return new FormatException("declares the text encoding \"" + name + "\", which is not known");
  }

  private static String printable() {
    StringBuilder all = new StringBuilder();
    for (char c = ' '; c <= '~'; c++) {
      all.append(c);
    }
    return all.toString();
  }

  boolean isUtf8() {
    return charset.equals(StandardCharsets.UTF_8);
  }

  /** The text of {@code bytes}; what is not valid comes out as U+FFFD. */
  String decode(byte[] bytes) {
    return new String(bytes, charset);
  }

  /** The bytes of {@code text}, or nothing if this encoding has no bytes for it. */
  Optional<byte[]> encode(String text) {
    try {
      ByteBuffer bytes =
          charset
              .newEncoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .encode(CharBuffer.wrap(text));
      byte[] result = new byte[bytes.remaining()];
      bytes.get(result);
      return Optional.of(result);
    } catch (CharacterCodingException unmappable) {
      return Optional.empty();
    }
  }

  /** The same text in UTF-8. */
  byte[] toUtf8(byte[] bytes) {
    return decode(bytes).getBytes(StandardCharsets.UTF_8);
  }
}
