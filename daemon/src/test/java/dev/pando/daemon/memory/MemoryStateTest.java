package dev.pando.daemon.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryStateTest {
  @ParameterizedTest
  @CsvSource({
    "4, 245.76",
    "12, 573.44",
    "28, 901.12",
    "64, 1269.76",
    "128, 1925.12",
    "256, 3235.84",
  })
  void minFreeFollowsTheSlidingScale(long gibibytes, double mebibytes) {
    assertEquals(mebibytes, (double) MinFree.bytes(gibibytes * Units.GIB) / Units.MIB, 1e-6);
  }

  @ParameterizedTest
  @CsvSource({
    "1000, HIGH",
    "100, HIGH",
    "99, CLEAR",
    "64, CLEAR",
    "63, SOFT",
    "32, SOFT",
    "31, HARD",
    "16, HARD",
    "15, LOW",
    "0, LOW",
  })
  void aStateIsWhatItsShareOfMinFreeSays(long percent, MemoryState state) {
    long total = 28 * Units.GIB;
    assertEquals(state, MemoryState.of(free(percent), total));
  }

  private static long free(long percent) {
    return (long) Math.ceil(MinFree.bytes(28 * Units.GIB) / 100.0 * percent);
  }

  @Test
  void itGetsWorseAtOnceAndBetterOnlyWhenTheMarkIsExceededClearly() {
    long total = 28 * Units.GIB;
    MemoryState state = MemoryState.HIGH;
    state = state.next(free(99), total);
    assertEquals(MemoryState.CLEAR, state);
    state = state.next(free(101), total);
    assertEquals(MemoryState.CLEAR, state);
    state = state.next(free(105), total);
    assertEquals(MemoryState.HIGH, state);
    state = state.next(free(10), total);
    assertEquals(MemoryState.LOW, state);
    state = state.next(free(66), total);
    assertEquals(MemoryState.SOFT, state);
  }
}
