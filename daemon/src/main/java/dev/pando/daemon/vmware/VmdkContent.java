package dev.pando.daemon.vmware;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What the first bytes of a {@code .vmdk} say it is (libvmdk documentation; QEMU block/vmdk.c). */
public enum VmdkContent {
  /** A descriptor as text; the data lies in other files. */
  DESCRIPTOR,
  /**
   * A hosted sparse extent ("KDMV"), perhaps with a descriptor inside: see {@link SparseHeader}.
   */
  HOSTED_SPARSE,
  /** A sparse extent of ESXi ("COWD"); its descriptor is another file. */
  VMFS_SPARSE,
  /** A space-efficient sparse extent; its descriptor is another file. */
  SE_SPARSE,
  /** Nothing of these: raw data, or no disk at all. */
  RAW;

  /** The most bytes that {@link #of} looks at. */
  public static final int HEAD_BYTES = 512;

  private static final byte[] SE_SPARSE_MAGIC = {
    (byte) 0xBE, (byte) 0xBA, (byte) 0xFE, (byte) 0xCA, 0, 0, 0, 0
  };

  /**
   * Tells by the beginning of a file.
   *
   * @param head the first {@link #HEAD_BYTES} bytes, or all of a shorter file
   */
  public static VmdkContent of(byte[] head) {
    if (startsWith(head, SparseHeader.MAGIC)) {
      return HOSTED_SPARSE;
    }
    if (startsWith(head, "COWD".getBytes(StandardCharsets.US_ASCII))) {
      return VMFS_SPARSE;
    }
    if (startsWith(head, SE_SPARSE_MAGIC)) {
      return SE_SPARSE;
    }
    return isDescriptor(head) ? DESCRIPTOR : RAW;
  }

  private static boolean startsWith(byte[] bytes, byte[] prefix) {
    return bytes.length >= prefix.length
        && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
  }

  /** As QEMU decides: after blank lines and comments comes {@code version=}. */
  private static boolean isDescriptor(byte[] head) {
    int length = Math.min(head.length, HEAD_BYTES);
    String text = new String(head, 0, length, StandardCharsets.ISO_8859_1);
    if (text.startsWith("# Disk DescriptorFile")) {
      return true;
    }
    return text.lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
        .findFirst()
        .filter(line -> line.startsWith("version="))
        .isPresent();
  }
}
