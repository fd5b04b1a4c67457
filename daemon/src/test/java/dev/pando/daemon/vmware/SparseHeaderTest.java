package dev.pando.daemon.vmware;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The fields of a sparse header and their limits, by offset. */
class SparseHeaderTest {
  private static byte[] with(int offset, int size, long value) {
    byte[] header = Fixtures.sparseHeader();
    ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
    switch (size) {
      case 1 -> fields.put(offset, (byte) value);
      case 4 -> fields.putInt(offset, (int) value);
      default -> fields.putLong(offset, value);
    }
    return header;
  }

  @ParameterizedTest
  @CsvSource({
    "version 1,                   4, 4, 1",
    "version 3,                   4, 4, 3",
    "no capacity,                12, 8, 0",
    "smallest grain,             20, 8, 16",
    "largest grain,              20, 8, 0x200000",
    "no descriptor,              28, 8, 0",
    "largest descriptor,         36, 8, 2048",
    "short tables,               44, 4, 1",
    "directory in the footer,    56, 8, -1",
    "dirty,                      72, 1, 1",
    "newlines not said valid,     8, 4, 2",
    "compressed with markers,     8, 4, 0x30001",
    "32 Mi tables,               12, 8, 0x20000000000",
  })
  void aFieldMayBe(String what, int offset, int size, String value) throws FormatException {
    SparseHeader.parse(with(offset, size, Long.decode(value)));
  }

  @ParameterizedTest
  @CsvSource({
    "magic,                       0, 4, 0x564d444c",
    "version 0,                   4, 4, 0",
    "version 4,                   4, 4, 4",
    "negative capacity,          12, 8, -1",
    "more than 32 Mi tables,     12, 8, 0x20000000001",
    "capacity beyond bytes,      12, 8, 0x7fffffffffffffff",
    "no grain,                   20, 8, 0",
    "small grain,                20, 8, 8",
    "odd grain,                  20, 8, 129",
    "huge grain,                 20, 8, 0x400000",
    "negative grain,             20, 8, -9223372036854775808",
    "negative place,             28, 8, -1",
    "huge descriptor,            36, 8, 2049",
    "no tables,                  44, 4, 0",
    "long tables,                44, 4, 513",
    "negative tables,            44, 4, -1",
    "negative overhead,          64, 8, -1",
    "newline 1,                  73, 1, 0x0d",
    "newline 2,                  74, 1, 0",
    "newline 3,                  75, 1, 0x0a",
    "newline 4,                  76, 1, 0x0d",
  })
  void aFieldMayNotBe(String what, int offset, int size, String value) {
    assertThrows(
        FormatException.class, () -> SparseHeader.parse(with(offset, size, Long.decode(value))));
  }

  @Test
  void anImageThatHoldsOnlyADescriptorHasNoTables() throws FormatException {
    byte[] header = with(12, 8, 0);
    ByteBuffer.wrap(header).putLong(20, 0).putInt(44, 0);
    assertTrue(SparseHeader.parse(header).hasDescriptor());
  }

  @Test
  void aDiskThatWasNotClosedIsDirty() throws FormatException {
    assertFalse(SparseHeader.parse(with(72, 1, 0)).isDirty());
    assertTrue(SparseHeader.parse(with(72, 1, 1)).isDirty());
    assertTrue(SparseHeader.parse(with(72, 1, -1)).isDirty());
  }

  @Test
  void aFileShorterThanItsOverheadIsCutOff() throws FormatException {
    SparseHeader header = SparseHeader.parse(Fixtures.sparseHeader());
    assertEquals(128 * 512, header.overheadBytes());
    assertTrue(header.isCutOff(128 * 512 - 1));
    assertFalse(header.isCutOff(128 * 512));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4, 511})
  void lessThanASectorIsNoHeader(int length) {
    byte[] cut = Arrays.copyOf(Fixtures.sparseHeader(), length);
    assertThrows(FormatException.class, () -> SparseHeader.parse(cut));
  }
}
