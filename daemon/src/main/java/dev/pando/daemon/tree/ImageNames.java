package dev.pando.daemon.tree;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;

/** Which names are those of disk images: see {@link InodeRecord#IMAGE}. */
final class ImageNames {
  private static final Set<String> SUFFIXES = Set.of("vmdk", "qcow2", "raw", "img", "vdi", "vhdx");

  private ImageNames() {}

  static boolean isImage(byte[] name) {
    // the suffixes are ASCII: what bytes stand before them does not matter
    String text = new String(name, StandardCharsets.ISO_8859_1);
    int dot = text.lastIndexOf('.');
    return dot >= 0 && SUFFIXES.contains(text.substring(dot + 1).toLowerCase(Locale.ROOT));
  }

  /** {@code record} as an inode that has (also) this name. */
  static InodeRecord named(InodeRecord record, byte[] name) {
    return record.isRegular() && isImage(name) ? record.withFlag(InodeRecord.IMAGE, true) : record;
  }
}
