package dev.pando.daemon.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SharesTest {
  @ParameterizedTest
  @CsvSource({"low, 5120", "normal, 10240", "HIGH, 20480", "777, 777", "0, 0"})
  void aGibibyteHasThem(String text, long shares) {
    assertEquals(shares, Shares.parse(text).orElseThrow().of(Units.GIB));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "medium", "-1", "1.5", "9999999999"})
  void nothingElseIsRead(String text) {
    assertEquals(Optional.empty(), Shares.parse(text));
  }

  @Test
  void whatIsWrittenIsRead() {
    for (String text : new String[] {"low", "normal", "high", "12"}) {
      assertEquals(text, Shares.parse(text).orElseThrow().text());
    }
  }
}
