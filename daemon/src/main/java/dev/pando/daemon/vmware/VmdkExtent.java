package dev.pando.daemon.vmware;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One extent line of a disk descriptor.
 *
 * @param access {@code RW}, {@code RDONLY} or {@code NOACCESS}
 * @param sectors length in units of 512 bytes
 * @param type {@code FLAT}, {@code SPARSE}, {@code ZERO}, {@code VMFS} and others
 * @param path the file, relative to the descriptor's directory or absolute; none for ZERO
 * @param offsetSectors where in the file the extent begins
 */
public record VmdkExtent(
    String access, long sectors, String type, Optional<String> path, long offsetSectors) {
  /** Group 4 is the path between its quotes. */
  static final Pattern LINE =
      Pattern.compile(
          "\\s*(RW|RDONLY|NOACCESS)\\s+(\\d+)\\s+(\\w+)(?:\\s+\"([^\"]*)\"(?:\\s+(\\d+).*)?)?\\s*",
          Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  static final int PATH_GROUP = 4;

  /** QEMU's limit, block/vmdk.c. */
  static final int MAX_PATH_BYTES = 511;

  static final Pattern BEGINNING =
      Pattern.compile("\\s*(RW|RDONLY|NOACCESS)\\s.*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  /** The extent of a line that {@link #LINE} matched, its path already decoded. */
  static VmdkExtent of(Matcher line, Optional<String> path) throws FormatException {
    String type = line.group(3);
    String offset = line.group(5);
    if (path.isEmpty() && !type.equalsIgnoreCase("ZERO")) {
      throw new FormatException("has an extent of type " + type + " without a file");
    }
    if (offset == null && type.equalsIgnoreCase("FLAT")) {
      throw new FormatException("has a flat extent without an offset: the line is cut off");
    }
    // As one char stands for each byte of the line, this is its length in bytes.
    if (path.isPresent() && line.group(PATH_GROUP).length() > MAX_PATH_BYTES) {
      throw new FormatException(
          "names a file of more than " + MAX_PATH_BYTES + " bytes, which no hypervisor opens");
    }
    return new VmdkExtent(
        line.group(1), number(line.group(2)), type, path, offset == null ? 0 : number(offset));
  }

  /** Whether the extent stands for a physical disk, and its file holds no data. */
  boolean isPhysical() {
    return type.equalsIgnoreCase("VMFSRDM") || type.equalsIgnoreCase("VMFSRAW");
  }

  private static long number(String digits) throws FormatException {
    long sectors;
    try {
      sectors = Long.parseLong(digits);
    } catch (NumberFormatException tooLarge) {
      throw new FormatException("names an extent of " + digits + " sectors, which is impossible");
    }
    if (sectors > Long.MAX_VALUE / 512) {
      throw new FormatException("names an extent of " + digits + " sectors, which is impossible");
    }
    return sectors;
  }
}
