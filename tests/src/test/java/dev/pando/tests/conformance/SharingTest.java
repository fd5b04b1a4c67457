package dev.pando.tests.conformance;

import static dev.pando.tests.conformance.Posix.O_RDONLY;
import static dev.pando.tests.conformance.Posix.O_RDWR;
import static dev.pando.tests.conformance.Volume.EXT4;
import static dev.pando.tests.conformance.Volume.JNR_FUSE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A copy inside the mount shares every block. */
@NotOn(value = EXT4, because = "it shares no blocks")
@NotOn(value = JNR_FUSE, because = "libfuse 2 has no COPY_FILE_RANGE: copies are read and written")
final class SharingTest extends DataTest {
  private static final int PIECE = 4 * MEBIBYTE;

  /** What maps, records and a commit may take. */
  private static final long LITTLE_PER_GIBIBYTE = 4 * MEBIBYTE;

  private byte[] random;
  private int disk;

  SharingTest(Volume volume) {
    super(volume);
  }

  private byte[] piece(int index) {
    return with(random, 0, Posix.bytes("piece " + index));
  }

  @BeforeEach
  void fill() {
    disk = create("disk.raw");
    random = data(PIECE);
    for (int i = 0; i < GIBIBYTE / PIECE; i++) {
      Posix.pwrite(disk, piece(i), (long) i * PIECE);
    }
    Posix.fsync(disk);
  }

  private long storedBytes() throws IOException {
    return Volumes.store(volume()).json("space").path("storedBytes").asLong();
  }

  @Test
  void copyingAGibibyteTakesNoTimeAndNoSpace() throws Exception {
    long before = storedBytes();
    long start = System.nanoTime();
    shell("cp disk.raw copy.raw").succeeded();
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    start = System.nanoTime();
    int out = create("call.raw");
    assertEquals(GIBIBYTE, Posix.copyFileRange(disk, 0, out, 0, GIBIBYTE));
    long micros = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - start);
    System.out.printf("1 GiB: cp %d ms, the call %d us%n", millis, micros);
    long grown = storedBytes() - before;
    assertTrue(grown <= LITTLE_PER_GIBIBYTE, grown + " bytes more");
    assertEquals(GIBIBYTE, Posix.stat(at("copy.raw")).blocks() * SECTOR_BYTES);

    byte[] written = data(100_000);
    int copy = open("copy.raw", O_RDWR);
    Posix.pwrite(copy, written, 77 * MEBIBYTE + 5);
    Posix.pwrite(disk, written, 500 * MEBIBYTE + 5);
    for (long at : new long[] {77 * MEBIBYTE, 500 * MEBIBYTE}) {
      byte[] original = piece((int) (at / PIECE));
      int within = (int) (at % PIECE);
      byte[] expected = Arrays.copyOfRange(original, within, within + MEBIBYTE);
      assertArrayEquals(expected, Posix.pread(out, MEBIBYTE, at));
      assertArrayEquals(
          with(expected, 5, written), Posix.pread(at < 500 * MEBIBYTE ? copy : disk, MEBIBYTE, at));
      assertArrayEquals(expected, Posix.pread(at < 500 * MEBIBYTE ? disk : copy, MEBIBYTE, at));
    }
  }

  @Test
  void partsAreSharedToo() throws Exception {
    long before = storedBytes();
    int out = create("parts.raw", data(BLOCK_BYTES));
    long length = 700 * MEBIBYTE;
    long start = System.nanoTime();
    assertEquals(length, Posix.copyFileRange(disk, 5 * BLOCK_BYTES, out, 9 * BLOCK_BYTES, length));
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    System.out.printf("700 MiB into a file with data: %d ms%n", millis);
    long grown = storedBytes() - before;
    assertTrue(grown <= LITTLE_PER_GIBIBYTE, grown + " bytes more");
    int at = 600 * MEBIBYTE;
    assertArrayEquals(
        Posix.pread(open("disk.raw", O_RDONLY), MEBIBYTE, at + 5 * BLOCK_BYTES),
        Posix.pread(out, MEBIBYTE, at + 9 * BLOCK_BYTES));
  }
}
