package dev.pando.daemon.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OverheadTableTest {
  private static double mebibytes(long guestMebibytes, int processors) {
    return (double) OverheadTable.bytes(guestMebibytes * Units.MIB, processors) / Units.MIB;
  }

  @ParameterizedTest
  @CsvSource({
    "256, 20.29, 24.28, 32.23, 48.16",
    "1024, 25.90, 29.91, 37.86, 53.82",
    "4096, 48.64, 52.72, 60.67, 76.78",
    "16384, 139.62, 143.98, 151.93, 168.60",
  })
  void thePublishedFiguresAreGivenAsTheyAre(
      long guest, double one, double two, double four, double eight) {
    assertEquals(one, mebibytes(guest, 1), 1e-6);
    assertEquals(two, mebibytes(guest, 2), 1e-6);
    assertEquals(four, mebibytes(guest, 4), 1e-6);
    assertEquals(eight, mebibytes(guest, 8), 1e-6);
  }

  /** The straight line through all sixteen figures, which is within 0.46 MB of each. */
  @ParameterizedTest
  @CsvSource({"300, 1", "512, 2", "2048, 3", "3000, 6", "8192, 4", "12000, 5", "16000, 8"})
  void betweenThemItIsWhatTheLineThroughAllOfThemSays(long guest, int processors) {
    double fit = 14.2 + 0.00743 * guest + 4.03 * processors;
    assertEquals(fit, mebibytes(guest, processors), 0.5);
  }

  @ParameterizedTest
  @CsvSource({"4, 1", "128, 16", "65536, 1", "262144, 128", "1048576, 4096"})
  void beyondThemItGrowsWithSizeAndProcessors(long guest, int processors) {
    assertTrue(mebibytes(guest, processors) > 0);
    assertTrue(mebibytes(guest + 4, processors) > mebibytes(guest, processors));
    assertTrue(mebibytes(guest, processors + 1) > mebibytes(guest, processors));
  }
}
