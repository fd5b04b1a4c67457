package dev.pando.daemon.memory;

/**
 * How much of a host's memory should stay free: 6 % of the first 4 GiB, 4 % of the next 8, 2 % of
 * the next 16 and 1 % of the rest, as ESXi 5 and later have it (VMware, "vSphere 5: minFree sliding
 * scale"; Frank Denneman, "MinFreePct").
 */
public final class MinFree {
  private static final long[] STEP_BYTES = {4 * Units.GIB, 8 * Units.GIB, 16 * Units.GIB};
  private static final int[] PERCENT = {6, 4, 2};

  private MinFree() {}

  /** The amount for a host with {@code totalBytes}, rounded down to whole bytes. */
  public static long bytes(long totalBytes) {
    long left = totalBytes;
    long hundredths = 0;
    for (int i = 0; i < STEP_BYTES.length; i++) {
      long step = Math.min(left, STEP_BYTES[i]);
      hundredths += step * PERCENT[i];
      left -= step;
    }
    return (hundredths + left) / 100;
  }
}
