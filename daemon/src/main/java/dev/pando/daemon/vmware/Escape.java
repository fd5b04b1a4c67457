package dev.pando.daemon.vmware;

import java.io.ByteArrayOutputStream;

/**
 * The escapes of dictionary values: {@code |} and the two hexadecimal digits of a byte. They work
 * on bytes, before any character set (open-vm-tools, lib/misc/escape.c and lib/dict/dictll.c).
 */
final class Escape {
  private static final char[] DIGITS = "0123456789ABCDEF".toCharArray();

  private Escape() {}

  /** Escapes what a quoted value can not hold: control bytes except TAB, {@code "}, {@code |}. */
  static byte[] escape(byte[] value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(value.length + 8);
    for (byte b : value) {
      if (mustEscape(b)) {
        out.write('|');
        out.write(DIGITS[(b >> 4) & 0xf]);
        out.write(DIGITS[b & 0xf]);
      } else {
        out.write(b);
      }
    }
    return out.toByteArray();
  }

  private static boolean mustEscape(byte b) {
    return (b >= 0 && b < 0x20 && b != '\t') || b == '"' || b == '|' || b == 0x7f;
  }

  /**
   * The bytes that {@code raw[from, to)} stands for. A {@code |} that no two digits follow stands
   * for itself, as VMware reads it.
   */
  static byte[] unescape(byte[] raw, int from, int to) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(to - from);
    for (int i = from; i < to; i++) {
      if (raw[i] != '|') {
        out.write(raw[i]);
        continue;
      }
      // What a failed escape has looked at is not looked at again: "||22" is literal.
      int high = i + 1 < to ? Character.digit(raw[i + 1], 16) : -1;
      int low = high >= 0 && i + 2 < to ? Character.digit(raw[i + 2], 16) : -1;
      if (low >= 0) {
        out.write((high << 4) | low);
        i += 2;
      } else {
        int consumed = high >= 0 ? 2 : 1;
        for (int k = 0; k <= consumed && i + k < to; k++) {
          out.write(raw[i + k]);
        }
        i += consumed;
      }
    }
    return out.toByteArray();
  }
}
