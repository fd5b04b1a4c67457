package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.EFBIG;
import static dev.pando.daemon.tree.Errno.EINVAL;
import static dev.pando.daemon.tree.Errno.EISDIR;
import static dev.pando.tests.conformance.Posix.O_RDONLY;
import static dev.pando.tests.conformance.Posix.SEEK_SET;
import static dev.pando.tests.conformance.Volume.EXT4;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

/** Holes, large sizes and truncation. */
final class SparseTest extends DataTest {
  /** ext4's largest with blocks of 4 KiB, and Pando's: five levels of a map. */
  private static final long EXT4_LIMIT = 16 * TEBIBYTE - BLOCK_BYTES;

  private static final long PANDO_LIMIT = 4096 * TEBIBYTE;

  /** More than a file's metadata may be counted as. */
  private static final long LITTLE = 64 << 10;

  SparseTest(Volume volume) {
    super(volume);
  }

  private long limit() {
    return volume() == EXT4 ? EXT4_LIMIT : PANDO_LIMIT;
  }

  @EachFile
  void whatWasNotWrittenReadsAsZeros(String name) {
    int fd = create(name);
    byte[] data = data(1000);
    Posix.pwrite(fd, data, 3 * MEBIBYTE + 77);
    byte[] all = contentOf(fd);
    assertArrayEquals(with(zeros(3 * MEBIBYTE + 77), 3 * MEBIBYTE + 77, data), all);
    assertTrue(storedBytes(fd) <= LITTLE);
  }

  @EachFile
  void aFileOfAlmost16TebibytesHoldsWhatWasWrittenAtBothEnds(String name) {
    int fd = create(name);
    byte[] first = data(5000);
    byte[] last = data(5000);
    long at = EXT4_LIMIT - last.length;
    Posix.pwrite(fd, last, at);
    Posix.pwrite(fd, first, 0);
    assertEquals(EXT4_LIMIT, sizeOf(fd));
    assertArrayEquals(last, Posix.pread(fd, 10_000, at));
    assertArrayEquals(first, Posix.pread(fd, 5000, 0));
    assertArrayEquals(zeros(5000), Posix.pread(fd, 5000, 8 * TEBIBYTE - 1));
    assertTrue(storedBytes(fd) <= LITTLE);
  }

  @NotOn(value = EXT4, because = "its files end at 16 TiB (EFBIG)")
  @EachFile
  void aFileGoesOnBeyond16Tebibytes(String name) {
    int fd = create(name);
    long[] places = {16 * TEBIBYTE - 1, 17 * TEBIBYTE + 3, 1024 * TEBIBYTE, PANDO_LIMIT - 9000};
    byte[] data = data(9000);
    for (long place : places) {
      Posix.pwrite(fd, data, place);
      assertEquals(place + data.length, sizeOf(fd));
    }
    for (long place : places) {
      assertArrayEquals(data, Posix.pread(fd, data.length, place));
    }
    Posix.ftruncate(fd, 16 * TEBIBYTE + 1);
    assertArrayEquals(new byte[] {data[0], data[1]}, Posix.pread(fd, 10, 16 * TEBIBYTE - 1));
    assertTrue(storedBytes(fd) <= LITTLE);
  }

  @EachFile
  void nothingIsWrittenPastTheLargestSize(String name) {
    int fd = create(name);
    refused(EFBIG, () -> Posix.pwrite(fd, data(1), limit()));
    refused(EFBIG, () -> Posix.pwrite(fd, data(4096), limit() + 4096));
    refused(EFBIG, () -> Posix.ftruncate(fd, limit() + 1));
    refused(EFBIG, () -> Posix.fallocate(fd, 0, limit(), 1));
    refused(EINVAL, () -> Posix.pwrite(fd, data(100), Long.MAX_VALUE - 10));
    assertEquals(0, sizeOf(fd));
    Posix.ftruncate(fd, limit());
    assertEquals(limit(), sizeOf(fd));
  }

  @EachFile
  void aWriteAcrossTheLargestSizeIsCutThere(String name) {
    int fd = create(name);
    byte[] data = data(3000);
    assertEquals(1000, Posix.pwrite(fd, data, limit() - 1000));
    assertEquals(limit(), sizeOf(fd));
    assertArrayEquals(java.util.Arrays.copyOf(data, 1000), Posix.pread(fd, 3000, limit() - 1000));
  }

  @EachFile
  void aPositionPastTheEndIsNoSize(String name) {
    int fd = create(name, data(10));
    assertEquals(9 * TEBIBYTE, Posix.lseek(fd, 9 * TEBIBYTE, SEEK_SET));
    assertEquals(0, Posix.read(fd, 10).length);
    assertEquals(10, sizeOf(fd));
    Posix.write(fd, data(10));
    assertEquals(9 * TEBIBYTE + 10, sizeOf(fd));
    refused(EINVAL, () -> Posix.lseek(fd, -1, SEEK_SET));
  }

  @EachFile
  void aFileThatGrowsByTruncationGrowsByAHole(String name) {
    int fd = create(name, data(100));
    Posix.ftruncate(fd, 10 * TEBIBYTE);
    assertEquals(10 * TEBIBYTE, sizeOf(fd));
    assertArrayEquals(zeros(4996), Posix.pread(fd, 4996, 100));
    assertTrue(storedBytes(fd) <= LITTLE);
    Posix.ftruncate(fd, 0);
    assertEquals(0, sizeOf(fd));
    assertEquals(0, Posix.pread(fd, 10, 0).length);
  }

  @EachFile
  void truncationKeepsWhatLiesBeforeIt(String name) {
    byte[] data = data(2 * MEBIBYTE);
    int fd = create(name, data);
    for (int size : new int[] {2 * MEBIBYTE - 1, MEBIBYTE + 4096, MEBIBYTE, 4097, 511, 1, 0}) {
      Posix.truncate(at(name), size);
      assertArrayEquals(java.util.Arrays.copyOf(data, size), contentOf(fd));
    }
  }

  @EachFile
  void whatWasCutOffNeverComesBack(String name) {
    byte[] data = data(3 * BLOCK_BYTES);
    int cut = BLOCK_BYTES + 1234;
    int grown = 3 * BLOCK_BYTES - 5;
    int[] fd = new int[1];
    IntConsumer[] growths = {
      size -> Posix.ftruncate(fd[0], size),
      size -> Posix.fallocate(fd[0], 0, 0, size),
      size -> Posix.fallocate(fd[0], Posix.FALLOC_ZERO_RANGE, size - 1, 1),
      size -> Posix.pwrite(fd[0], new byte[1], size - 1),
      size -> Posix.pwrite(fd[0], new byte[size - cut - 1], cut + 1)
    };
    for (IntConsumer growth : growths) {
      for (boolean synced : new boolean[] {false, true}) {
        fd[0] = create(name, data);
        Posix.ftruncate(fd[0], cut);
        if (synced) {
          Posix.fsync(fd[0]);
        }
        growth.accept(grown);
        byte[] expected = java.util.Arrays.copyOf(java.util.Arrays.copyOf(data, cut), grown);
        assertArrayEquals(expected, contentOf(fd[0]));
        close(fd[0]);
        Posix.unlink(at(name));
      }
    }
  }

  @EachFile
  void blocksAreCountedAsTheyComeAndGo(String name) {
    int fd = create(name);
    Posix.ftruncate(fd, 100 * MEBIBYTE);
    assertTrue(storedBytes(fd) <= LITTLE);
    Posix.pwrite(fd, data(4 * MEBIBYTE), 50 * MEBIBYTE);
    long written = storedBytes(fd);
    assertTrue(written >= 4 * MEBIBYTE && written <= 4 * MEBIBYTE + LITTLE, written + " bytes");
    Posix.ftruncate(fd, 51 * MEBIBYTE);
    long left = storedBytes(fd);
    assertTrue(left >= MEBIBYTE && left <= MEBIBYTE + LITTLE, left + " bytes");
    Posix.ftruncate(fd, 0);
    assertTrue(storedBytes(fd) <= LITTLE);
  }

  @Test
  void onlyAFileOpenForWritingIsTruncated() {
    create("data.bin", data(10));
    int readOnly = open("data.bin", O_RDONLY);
    refused(EINVAL, () -> Posix.ftruncate(readOnly, 5));
    refused(EINVAL, () -> Posix.truncate(at("data.bin"), -1));
    refused(EISDIR, () -> Posix.truncate(directory(), 0));
    assertEquals(10, sizeOf(readOnly));
  }
}
