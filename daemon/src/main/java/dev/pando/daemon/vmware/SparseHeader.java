package dev.pando.daemon.vmware;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The header of a hosted sparse extent, 512 bytes, little-endian (VMware Virtual Disk Format 5.0;
 * QEMU block/vmdk.c, VMDK4Header).
 *
 * @param version 1, 2 or 3
 * @param capacityBytes the disk's size as the guest sees it
 * @param descriptorOffsetBytes where the embedded descriptor lies; 0 if there is none
 * @param descriptorLengthBytes how much room it has; 0 if there is none
 * @param isDirty whether the last user of the disk did not close it
 */
public record SparseHeader(
    int version,
    long capacityBytes,
    long descriptorOffsetBytes,
    int descriptorLengthBytes,
    boolean isDirty) {
  public static final int BYTES = 512;

  /** "KDMV". */
  static final byte[] MAGIC = {'K', 'D', 'M', 'V'};

  private static final int SECTOR = 512;
  private static final int VERSION_OFFSET = 4;
  private static final int CAPACITY_OFFSET = 12;
  private static final int DESCRIPTOR_OFFSET_OFFSET = 28;
  private static final int DESCRIPTOR_SIZE_OFFSET = 36;
  private static final int UNCLEAN_SHUTDOWN_OFFSET = 72;

  /** QEMU takes no descriptor over 1 MiB; nor do we. */
  private static final long MAX_DESCRIPTOR_SECTORS = VmxDictionary.MAX_BYTES / SECTOR;

  /**
   * Reads a header.
   *
   * @param head at least the first {@link #BYTES} of the file
   * @throws FormatException if it is no such header or its figures are impossible
   */
  public static SparseHeader parse(byte[] head) throws FormatException {
    if (head.length < BYTES || !Arrays.equals(head, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new FormatException("has no header of a sparse disk");
    }
    ByteBuffer header = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
    int version = header.getInt(VERSION_OFFSET);
    if (version < 1 || version > 3) {
      throw new FormatException("is a sparse disk of version " + version + ", which is not known");
    }
    long offset = sectors(header, DESCRIPTOR_OFFSET_OFFSET, Long.MAX_VALUE / SECTOR);
    long size = sectors(header, DESCRIPTOR_SIZE_OFFSET, MAX_DESCRIPTOR_SECTORS);
    boolean hasDescriptor = offset != 0 && size != 0;
    return new SparseHeader(
        version,
        sectors(header, CAPACITY_OFFSET, Long.MAX_VALUE / SECTOR) * SECTOR,
        hasDescriptor ? offset * SECTOR : 0,
        hasDescriptor ? (int) (size * SECTOR) : 0,
        header.get(UNCLEAN_SHUTDOWN_OFFSET) != 0);
  }

  private static long sectors(ByteBuffer header, int at, long max) throws FormatException {
    long sectors = header.getLong(at);
    if (sectors < 0 || sectors > max) {
      throw new FormatException(
          "is a damaged sparse disk: its header says "
              + Long.toUnsignedString(sectors)
              + " sectors at offset "
              + at);
    }
    return sectors;
  }

  /** Whether a descriptor is embedded. */
  public boolean hasDescriptor() {
    return descriptorLengthBytes > 0;
  }
}
