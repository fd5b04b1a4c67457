package dev.pando.daemon.vmware;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;

/**
 * The 16 bytes by which a machine or a disk is known, and what VMware derives from a machine's: MAC
 * addresses and the VMCI id. Immutable.
 */
public final class MachineUuid {
  public static final int BYTES = 16;

  /** The prefix of addresses that VMware generates. */
  private static final String GENERATED_MAC_PREFIX = "00:0c:29";

  private static final int SUFFIX_MASK = 0xFF_FFFF;
  private static final HexFormat SPACED = HexFormat.ofDelimiter(" ");

  private final byte[] bytes;

  private MachineUuid(byte[] bytes) {
    this.bytes = bytes;
  }

  /** The UUID of exactly {@link #BYTES} bytes. */
  public static MachineUuid of(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("a UUID has 16 bytes, not " + bytes.length);
    }
    return new MachineUuid(bytes.clone());
  }

  /**
   * Reads any of the two text forms: 32 hexadecimal digits of either case with blanks and dashes
   * anywhere between them. Nothing if {@code text} is something else.
   */
  public static Optional<MachineUuid> parse(String text) {
    String digits = text.replaceAll("[ \t-]", "");
    if (digits.length() != 2 * BYTES || !digits.chars().allMatch(HexFormat::isHexDigit)) {
      return Optional.empty();
    }
    return Optional.of(new MachineUuid(HexFormat.of().parseHex(digits)));
  }

  /** VMware's form: {@code 56 4d 4b e9 1a bb 22 3a-b0 91 06 4e b4 c4 94 22}. */
  public String spaced() {
    return SPACED.formatHex(bytes, 0, 8) + "-" + SPACED.formatHex(bytes, 8, 16);
  }

  /** The usual form in lower case, bytes in the same order: 8-4-4-4-12 digits. */
  public String dashed() {
    String hex = HexFormat.of().formatHex(bytes);
    return String.join(
        "-",
        hex.substring(0, 8),
        hex.substring(8, 12),
        hex.substring(12, 16),
        hex.substring(16, 20),
        hex.substring(20));
  }

  /** The last three bytes as a number: what addresses are derived from. */
  public int macSuffix() {
    return lastFour() & SUFFIX_MASK;
  }

  /**
   * The generated MAC address of a network adapter: 00:0c:29 and the last three bytes plus the
   * adapter's offset.
   *
   * @param offset {@code generatedAddressOffset}: 0 for the first adapter, 10 more for each further
   */
  public String generatedMac(int offset) {
    int suffix = (macSuffix() + offset) & SUFFIX_MASK;
    return String.format(
        Locale.ROOT,
        "%s:%02x:%02x:%02x",
        GENERATED_MAC_PREFIX,
        suffix >> 16,
        (suffix >> 8) & 0xff,
        suffix & 0xff);
  }

  /** The value of {@code vmci0.id}: the last four bytes, big-endian, signed. */
  public int vmciId() {
    return lastFour();
  }

  private int lastFour() {
    return ByteBuffer.wrap(bytes).getInt(BYTES - Integer.BYTES);
  }

  /** A copy of the bytes. */
  public byte[] bytes() {
    return bytes.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MachineUuid uuid && Arrays.equals(bytes, uuid.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return dashed();
  }
}
