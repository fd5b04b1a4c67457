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
 * @param overheadBytes where the first grain lies: a shorter file is cut off
 * @param isDirty whether the last user of the disk did not close it
 */
public record SparseHeader(
    int version,
    long capacityBytes,
    long descriptorOffsetBytes,
    int descriptorLengthBytes,
    long overheadBytes,
    boolean isDirty) {
  public static final int BYTES = 512;

  /** "KDMV". */
  static final byte[] MAGIC = {'K', 'D', 'M', 'V'};

  private static final int SECTOR = 512;
  private static final int VERSION_OFFSET = 4;
  private static final int FLAGS_OFFSET = 8;
  private static final int CAPACITY_OFFSET = 12;
  private static final int GRAIN_SIZE_OFFSET = 20;
  private static final int DESCRIPTOR_OFFSET_OFFSET = 28;
  private static final int DESCRIPTOR_SIZE_OFFSET = 36;
  private static final int TABLE_LENGTH_OFFSET = 44;
  private static final int OVERHEAD_OFFSET = 64;
  private static final int UNCLEAN_SHUTDOWN_OFFSET = 72;
  private static final int NEWLINES_OFFSET = 73;

  private static final int NEWLINES_ARE_VALID = 1;

  /** What a transfer as text would have changed. */
  private static final byte[] NEWLINES = {'\n', ' ', '\r', '\n'};

  private static final long MIN_GRAIN_SECTORS = 16;
  private static final long MAX_GRAIN_SECTORS = 0x20_0000;
  private static final int MAX_TABLE_LENGTH = 512;
  private static final long MAX_TABLES = 32L << 20;

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
    requireNewlines(head, header.getInt(FLAGS_OFFSET));
    requireTables(header);
    long offset = sectors(header, DESCRIPTOR_OFFSET_OFFSET, Long.MAX_VALUE / SECTOR);
    long size = sectors(header, DESCRIPTOR_SIZE_OFFSET, MAX_DESCRIPTOR_SECTORS);
    boolean hasDescriptor = offset != 0 && size != 0;
    return new SparseHeader(
        version,
        sectors(header, CAPACITY_OFFSET, Long.MAX_VALUE / SECTOR) * SECTOR,
        hasDescriptor ? offset * SECTOR : 0,
        hasDescriptor ? (int) (size * SECTOR) : 0,
        sectors(header, OVERHEAD_OFFSET, Long.MAX_VALUE / SECTOR) * SECTOR,
        header.get(UNCLEAN_SHUTDOWN_OFFSET) != 0);
  }

  private static void requireNewlines(byte[] head, int flags) throws FormatException {
    int end = NEWLINES_OFFSET + NEWLINES.length;
    if ((flags & NEWLINES_ARE_VALID) != 0
        && !Arrays.equals(head, NEWLINES_OFFSET, end, NEWLINES, 0, NEWLINES.length)) {
      throw new FormatException(
          "is a damaged sparse disk: its line ends were changed, as a transfer as text does");
    }
  }

  /** The limits of QEMU. An image that holds no more than a descriptor has no tables. */
  private static void requireTables(ByteBuffer header) throws FormatException {
    long capacity = sectors(header, CAPACITY_OFFSET, Long.MAX_VALUE / SECTOR);
    if (capacity == 0) {
      return;
    }
    long grain = sectors(header, GRAIN_SIZE_OFFSET, MAX_GRAIN_SECTORS);
    if (grain < MIN_GRAIN_SECTORS || Long.bitCount(grain) != 1) {
      throw new FormatException(
          "is a damaged sparse disk: its grains have " + grain + " sectors, which is impossible");
    }
    int entries = header.getInt(TABLE_LENGTH_OFFSET);
    if (entries < 1 || entries > MAX_TABLE_LENGTH) {
      throw new FormatException(
          "is a damaged sparse disk: its tables have "
              + Integer.toUnsignedString(entries)
              + " entries, which is impossible");
    }
    if ((capacity - 1) / (grain * entries) >= MAX_TABLES) {
      throw new FormatException(
          "is a damaged sparse disk: its header says " + capacity + " sectors, which is too many");
    }
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

  /** Whether a file of this length ends before the first grain could begin. */
  public boolean isCutOff(long fileBytes) {
    return fileBytes < overheadBytes;
  }

  /** Whether a descriptor is embedded. */
  public boolean hasDescriptor() {
    return descriptorLengthBytes > 0;
  }
}
