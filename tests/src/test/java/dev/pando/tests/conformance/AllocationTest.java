package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.EBADF;
import static dev.pando.daemon.tree.Errno.EFBIG;
import static dev.pando.daemon.tree.Errno.EINVAL;
import static dev.pando.daemon.tree.Errno.EOPNOTSUPP;
import static dev.pando.tests.conformance.Posix.FALLOC_COLLAPSE_RANGE;
import static dev.pando.tests.conformance.Posix.FALLOC_INSERT_RANGE;
import static dev.pando.tests.conformance.Posix.FALLOC_KEEP_SIZE;
import static dev.pando.tests.conformance.Posix.FALLOC_PUNCH_HOLE;
import static dev.pando.tests.conformance.Posix.FALLOC_ZERO_RANGE;
import static dev.pando.tests.conformance.Posix.O_RDONLY;
import static dev.pando.tests.conformance.Volume.EXT4;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** fallocate(2). */
final class AllocationTest extends DataTest {
  private static final int PUNCH = FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE;
  private static final int ZERO_KEEP_SIZE = FALLOC_ZERO_RANGE | FALLOC_KEEP_SIZE;
  private static final int SIZE = 3 * MEBIBYTE + 1000;

  /** Offsets and lengths, aligned and not, across leaves of the map and to the end. */
  private static final int[][] RANGES = {
    {0, BLOCK_BYTES},
    {BLOCK_BYTES, MEBIBYTE},
    {0, 1},
    {SECTOR_BYTES, SECTOR_BYTES},
    {BLOCK_BYTES - 1, 2},
    {BLOCK_BYTES + 1, BLOCK_BYTES - 2},
    {3 * BLOCK_BYTES - 700, 2 * BLOCK_BYTES + 1400},
    {MEBIBYTE - 5000, 10_000},
    {700, 2 * MEBIBYTE + 5},
    {SIZE - 1, 1},
    {SIZE - 5000, 5000},
    {0, SIZE},
  };

  AllocationTest(Volume volume) {
    super(volume);
  }

  private void assertZeroed(String name, int mode) {
    byte[] data = data(SIZE);
    int fd = create(name, data);
    for (int[] range : RANGES) {
      Posix.pwrite(fd, data, 0);
      Posix.fallocate(fd, mode, range[0], range[1]);
      byte[] expected = with(data, range[0], zeros(range[1]));
      assertArrayEquals(expected, contentOf(fd), range[0] + " + " + range[1]);
    }
  }

  @EachFile
  void aPunchedRangeReadsAsZerosAndItsNeighboursStay(String name) {
    assertZeroed(name, PUNCH);
  }

  @EachFile
  void aZeroedRangeReadsAsZerosAndItsNeighboursStay(String name) {
    assertZeroed(name, FALLOC_ZERO_RANGE);
    assertZeroed(name, ZERO_KEEP_SIZE);
  }

  @EachFile
  void punchedBlocksAreGivenBack(String name) {
    int fd = create(name, data(8 * MEBIBYTE));
    long before = storedBytes(fd);
    Posix.fallocate(fd, PUNCH, MEBIBYTE - 1, 4 * MEBIBYTE + 2);
    long freed = before - storedBytes(fd);
    assertTrue(Math.abs(freed - 4 * MEBIBYTE) <= 3 * BLOCK_BYTES, freed + " bytes");
    assertEquals(8 * MEBIBYTE, sizeOf(fd));
  }

  @EachFile
  void punchingPastTheEndOrAHoleChangesNothing(String name) {
    byte[] data = data(5000);
    int fd = create(name, data);
    Posix.fallocate(fd, PUNCH, 5000, MEBIBYTE);
    Posix.fallocate(fd, PUNCH, GIBIBYTE, TEBIBYTE);
    assertArrayEquals(data, contentOf(fd));
    Posix.ftruncate(fd, 4 * MEBIBYTE);
    Posix.fallocate(fd, PUNCH, MEBIBYTE, MEBIBYTE);
    Posix.fallocate(fd, PUNCH, 4999, 8 * MEBIBYTE);
    assertEquals(4 * MEBIBYTE, sizeOf(fd));
    assertArrayEquals(with(data, 4999, zeros(1)), Posix.pread(fd, 5000, 0));
  }

  @EachFile
  void aRangeIsWrittenAgainAfterItWasPunched(String name) {
    byte[] data = data(2 * MEBIBYTE);
    int fd = create(name, data);
    Posix.fallocate(fd, PUNCH, 100_000, MEBIBYTE);
    byte[] again = data(20_000);
    Posix.pwrite(fd, again, 150_001);
    byte[] expected = with(with(data, 100_000, zeros(MEBIBYTE)), 150_001, again);
    assertArrayEquals(expected, contentOf(fd));
  }

  @EachFile
  void zeroingPastTheEndMakesTheFileLonger(String name) {
    byte[] data = data(5000);
    int fd = create(name, data);
    Posix.fallocate(fd, ZERO_KEEP_SIZE, 4000, MEBIBYTE);
    byte[] cut = with(data, 4000, zeros(1000));
    assertArrayEquals(cut, contentOf(fd));
    Posix.fallocate(fd, FALLOC_ZERO_RANGE, 4500, MEBIBYTE);
    assertEquals(4500 + MEBIBYTE, sizeOf(fd));
    assertArrayEquals(java.util.Arrays.copyOf(cut, 4500 + MEBIBYTE), contentOf(fd));
  }

  @EachFile
  void preallocationKeepsWhatIsThereAndReadsAsZeros(String name) {
    byte[] data = data(5000);
    int fd = create(name, data);
    Posix.fallocate(fd, FALLOC_KEEP_SIZE, 0, 3 * MEBIBYTE);
    assertArrayEquals(data, contentOf(fd));
    Posix.fallocate(fd, 0, 1000, 2 * MEBIBYTE);
    assertEquals(1000 + 2 * MEBIBYTE, sizeOf(fd));
    assertArrayEquals(java.util.Arrays.copyOf(data, 1000 + 2 * MEBIBYTE), contentOf(fd));
    Posix.fallocate(fd, 0, 0, MEBIBYTE);
    assertEquals(1000 + 2 * MEBIBYTE, sizeOf(fd));
  }

  @EachFile
  void whatAHandleMayNotDoIsRefused(String name) {
    int fd = create(name, data(5000));
    int readOnly = open(name, O_RDONLY);
    for (int mode : new int[] {0, FALLOC_KEEP_SIZE, PUNCH, FALLOC_ZERO_RANGE}) {
      refused(EBADF, () -> Posix.fallocate(readOnly, mode, 0, 4096));
      refused(EINVAL, () -> Posix.fallocate(fd, mode, 0, 0));
      refused(EINVAL, () -> Posix.fallocate(fd, mode, -1, 4096));
      refused(EINVAL, () -> Posix.fallocate(fd, mode, 0, -4096));
      refused(EFBIG, () -> Posix.fallocate(fd, mode, Long.MAX_VALUE - 4095, 4096));
    }
    refused(EOPNOTSUPP, () -> Posix.fallocate(fd, FALLOC_PUNCH_HOLE, 0, 4096));
    assertEquals(5000, sizeOf(fd));
  }

  @NotOn(value = EXT4, because = "it takes blocks out and in")
  @EachFile
  void rangesAreNotTakenOutOrPutIn(String name) {
    byte[] data = data(4 * BLOCK_BYTES);
    int fd = create(name, data);
    refused(EOPNOTSUPP, () -> Posix.fallocate(fd, FALLOC_COLLAPSE_RANGE, 0, BLOCK_BYTES));
    refused(EOPNOTSUPP, () -> Posix.fallocate(fd, FALLOC_INSERT_RANGE, 0, BLOCK_BYTES));
    assertArrayEquals(data, contentOf(fd));
  }

  @Test
  void aDirectoryIsNotAllocated() {
    int fd = open(".", O_RDONLY);
    refused(EBADF, () -> Posix.fallocate(fd, 0, 0, 4096));
    assertTrue(sizeOf(fd) >= 0);
  }
}
