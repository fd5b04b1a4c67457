package dev.pando.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SizesTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "1023, 1023 B",
    "1024, 1.00 KiB",
    "10234, 9.99 KiB",
    "10236, 10.0 KiB",
    "1048575, 1.00 MiB",
    "268435456, 256 MiB",
    "9223372036854775807, 8.00 EiB"
  })
  void bytesAreShownWithThreeDigitsAndAUnit(long bytes, String shown) {
    assertEquals(shown, Sizes.human(bytes));
  }
}
