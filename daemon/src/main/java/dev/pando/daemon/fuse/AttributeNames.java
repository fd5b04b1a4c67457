package dev.pando.daemon.fuse;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The names of extended attributes, as listxattr(2) tells them: each ended by a NUL. */
public final class AttributeNames {
  private static final byte[] TRUSTED = "trusted.".getBytes(StandardCharsets.US_ASCII);

  private AttributeNames() {}

  /** Of {@code names} those that {@code userId} may see: names of trusted ones are root's alone. */
  public static byte[] visible(byte[] names, int userId) {
    if (userId == 0) {
      return names;
    }
    ByteArrayOutputStream visible = new ByteArrayOutputStream(names.length);
    int end;
    for (int start = 0; start < names.length; start = end) {
      end = start;
      while (names[end] != 0) {
        end++;
      }
      end++;
      if (Arrays.mismatch(TRUSTED, 0, TRUSTED.length, names, start, end) != TRUSTED.length) {
        visible.write(names, start, end - start);
      }
    }
    return visible.toByteArray();
  }
}
