package dev.pando.daemon.memory;

import java.nio.ByteBuffer;
import java.util.OptionalLong;

/**
 * What was said of a host's memory; the rest is measured.
 *
 * @param totalBytes what there is for VMs and host together, if it is not to be measured
 * @param reserveBytes what the host keeps; nothing: {@link HostMemory#usualReserveBytes}
 */
public record HostSettings(
    OptionalLong totalBytes, OptionalLong reserveBytes, OverheadRule overhead) {
  public static final HostSettings NONE =
      new HostSettings(OptionalLong.empty(), OptionalLong.empty(), OverheadRule.TABLE);

  private static final long UNSET = -1;
  private static final int BYTES = 2 * Long.BYTES + 1;

  /** The host as it is with these. */
  public HostMemory host(long measuredBytes) {
    long total = totalBytes.orElse(measuredBytes);
    return new HostMemory(
        total, reserveBytes.orElse(HostMemory.usualReserveBytes(total)), overhead);
  }

  /** Their bytes: {@code daemon/TREE-FORMAT.md}, chapter 4. */
  public byte[] encode() {
    return ByteBuffer.allocate(BYTES)
        .putLong(totalBytes.orElse(UNSET))
        .putLong(reserveBytes.orElse(UNSET))
        .put((byte) (overhead == OverheadRule.INCLUDED ? 1 : 0))
        .array();
  }

  public static HostSettings decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    return new HostSettings(
        optional(in.getLong()),
        optional(in.getLong()),
        in.get() == 1 ? OverheadRule.INCLUDED : OverheadRule.TABLE);
  }

  private static OptionalLong optional(long bytes) {
    return bytes == UNSET ? OptionalLong.empty() : OptionalLong.of(bytes);
  }
}
