package dev.pando.daemon.memory;

import java.util.Locale;

/**
 * How scarce a host's memory is, by how much of {@link MinFree} is free (VMware, "Memory states in
 * vSphere 6"): below 100 % {@code clear}, below 64 % {@code soft}, below 32 % {@code hard}, below
 * 16 % {@code low}, else {@code high}.
 */
public enum MemoryState {
  HIGH(100),
  CLEAR(64),
  SOFT(32),
  HARD(16),
  LOW(0);

  /** What must be free beyond the mark for a better state, in hundredths of {@link MinFree}. */
  private static final int HYSTERESIS_PERCENT = 5;

  /** The least that is free in it, in hundredths of {@link MinFree}. */
  private final int leastPercent;

  MemoryState(int leastPercent) {
    this.leastPercent = leastPercent;
  }

  /** The state with so much free, if nothing is known of before. */
  public static MemoryState of(long freeBytes, long totalBytes) {
    return LOW.next(freeBytes, totalBytes, 0);
  }

  /**
   * The state that follows this one. It gets worse at once; better only when the mark is exceeded
   * clearly, so that it does not waver at one.
   */
  public MemoryState next(long freeBytes, long totalBytes) {
    return next(freeBytes, totalBytes, HYSTERESIS_PERCENT);
  }

  private MemoryState next(long freeBytes, long totalBytes, int beyondPercent) {
    long minFree = MinFree.bytes(totalBytes);
    for (MemoryState state : values()) {
      boolean isBetter = state.compareTo(this) < 0;
      int percent = state.leastPercent + (isBetter ? beyondPercent : 0);
      if (freeBytes >= minFree / 100.0 * percent) {
        return state;
      }
    }
    return LOW;
  }

  /** The word for it on screen and in JSON. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
