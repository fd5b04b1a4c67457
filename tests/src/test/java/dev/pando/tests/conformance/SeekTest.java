package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.ENXIO;
import static dev.pando.tests.conformance.Posix.FALLOC_KEEP_SIZE;
import static dev.pando.tests.conformance.Posix.FALLOC_PUNCH_HOLE;
import static dev.pando.tests.conformance.Posix.FALLOC_ZERO_RANGE;
import static dev.pando.tests.conformance.Posix.MAP_SHARED;
import static dev.pando.tests.conformance.Posix.PROT_READ;
import static dev.pando.tests.conformance.Posix.PROT_WRITE;
import static dev.pando.tests.conformance.Posix.SEEK_DATA;
import static dev.pando.tests.conformance.Posix.SEEK_HOLE;
import static dev.pando.tests.conformance.Volume.EXT4;
import static dev.pando.tests.conformance.Volume.JNR_FUSE;
import static dev.pando.tests.conformance.Volume.KERNEL;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import jnr.ffi.Pointer;

/** lseek(2) for data and holes, at once after each change and before anything is committed. */
@NotOn(value = JNR_FUSE, because = "libfuse 2 has no LSEEK: the whole file is data, no error")
final class SeekTest extends DataTest {
  SeekTest(Volume volume) {
    super(volume);
  }

  /** Beginnings of data and ends of it, from the beginning to the end. */
  private static List<Long> extents(int fd) {
    List<Long> edges = new ArrayList<>();
    long size = sizeOf(fd);
    long at = 0;
    while (at < size) {
      long data;
      try {
        data = Posix.lseek(fd, at, SEEK_DATA);
      } catch (PosixException end) {
        assertEquals(ENXIO, end.errno());
        break;
      }
      at = Posix.lseek(fd, data, SEEK_HOLE);
      edges.add(data);
      edges.add(at);
    }
    return edges;
  }

  private static List<Long> edges(long... edges) {
    return java.util.Arrays.stream(edges).boxed().toList();
  }

  @EachFile
  void aWriteIsDataAndWhatWasSkippedAHole(String name) {
    int fd = create(name);
    Posix.pwrite(fd, data(BLOCK_BYTES), 0);
    Posix.pwrite(fd, data(2 * BLOCK_BYTES), 16 * BLOCK_BYTES);
    Posix.pwrite(fd, data(10), 5 * GIBIBYTE + 5);
    assertEquals(edges(0, 4096, 65_536, 73_728, 5 * GIBIBYTE, 5 * GIBIBYTE + 15), extents(fd));
    assertEquals(17L * BLOCK_BYTES + 5, Posix.lseek(fd, 17 * BLOCK_BYTES + 5, SEEK_DATA));
    assertEquals(BLOCK_BYTES + 5, Posix.lseek(fd, BLOCK_BYTES + 5, SEEK_HOLE));
    assertEquals(5 * GIBIBYTE + 15, Posix.lseek(fd, 5 * GIBIBYTE + 14, SEEK_HOLE));
  }

  @EachFile
  void dataIsFoundAcrossTebibytesOfHole(String name) {
    int fd = create(name, data(5000));
    long last = 16 * TEBIBYTE - 2 * BLOCK_BYTES;
    Posix.pwrite(fd, data(10), last + 7);
    assertEquals(edges(0, 8192, last, last + 17), extents(fd));
  }

  @EachFile
  void everyChangeIsSeenAtOnce(String name) {
    int fd = create(name, data(64 * BLOCK_BYTES));
    assertEquals(edges(0, 64L * BLOCK_BYTES), extents(fd));
    Posix.fallocate(fd, FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE, 2 * BLOCK_BYTES, BLOCK_BYTES);
    assertEquals(edges(0, 2L * BLOCK_BYTES, 3L * BLOCK_BYTES, 64L * BLOCK_BYTES), extents(fd));
    Posix.pwrite(fd, data(1), 2 * BLOCK_BYTES + 7);
    assertEquals(edges(0, 64L * BLOCK_BYTES), extents(fd));
    Posix.fallocate(fd, FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE, 4 * BLOCK_BYTES + 1, 4 * BLOCK_BYTES);
    assertEquals(edges(0, 5L * BLOCK_BYTES, 8L * BLOCK_BYTES, 64L * BLOCK_BYTES), extents(fd));
    Posix.ftruncate(fd, 40 * BLOCK_BYTES + 100);
    Posix.ftruncate(fd, 60 * BLOCK_BYTES);
    assertEquals(edges(0, 5L * BLOCK_BYTES, 8L * BLOCK_BYTES, 41L * BLOCK_BYTES), extents(fd));
    Posix.ftruncate(fd, 0);
    Posix.ftruncate(fd, 60 * BLOCK_BYTES);
    assertEquals(edges(), extents(fd));
    assertEquals(0, Posix.lseek(fd, 0, SEEK_HOLE));
  }

  @NotOn(value = EXT4, because = "what it zeroes stays allocated, and data until it is written")
  @EachFile
  void aZeroedRangeIsAHole(String name) {
    int fd = create(name, data(64 * BLOCK_BYTES));
    Posix.fallocate(fd, FALLOC_ZERO_RANGE, 0, 20 * BLOCK_BYTES + 1);
    assertEquals(edges(20L * BLOCK_BYTES, 64L * BLOCK_BYTES), extents(fd));
  }

  @EachFile
  void pastTheEndThereIsNeither(String name) {
    int fd = create(name);
    for (int whence : new int[] {SEEK_DATA, SEEK_HOLE}) {
      refused(ENXIO, () -> Posix.lseek(fd, 0, whence));
      refused(ENXIO, () -> Posix.lseek(fd, -1, whence));
    }
    Posix.pwrite(fd, data(5000), 0);
    for (int whence : new int[] {SEEK_DATA, SEEK_HOLE}) {
      refused(ENXIO, () -> Posix.lseek(fd, 5000, whence));
      refused(ENXIO, () -> Posix.lseek(fd, TEBIBYTE, whence));
      refused(ENXIO, () -> Posix.lseek(fd, Long.MIN_VALUE, whence));
    }
    assertEquals(5000, Posix.lseek(fd, 4999, SEEK_HOLE));
    assertEquals(4999, Posix.lseek(fd, 4999, SEEK_DATA));
    Posix.ftruncate(fd, GIBIBYTE);
    refused(ENXIO, () -> Posix.lseek(fd, BLOCK_BYTES * 2, SEEK_DATA));
  }

  @EachFile
  void seekingMovesThePosition(String name) {
    int fd = create(name);
    Posix.pwrite(fd, data(10), MEBIBYTE);
    Posix.lseek(fd, 0, SEEK_DATA);
    assertEquals(10, Posix.read(fd, 100).length);
  }

  @EachFile
  void aWriteThroughAMappingIsDataOnceItIsSynced(String name) {
    int fd = create(name);
    Posix.ftruncate(fd, MEBIBYTE);
    Pointer mapping = map(fd, MEBIBYTE, PROT_READ | PROT_WRITE, MAP_SHARED);
    mapping.putByte(10 * BLOCK_BYTES + 5, (byte) 7);
    Posix.msync(mapping, MEBIBYTE);
    assertEquals(10L * BLOCK_BYTES, Posix.lseek(fd, 0, SEEK_DATA));
  }

  @NotOn(
      value = KERNEL,
      because = "the kernel asks for data and holes without writing mapped pages back: no error")
  @EachFile
  void aWriteThroughAMappingIsDataAtOnce(String name) {
    int fd = create(name);
    Posix.ftruncate(fd, MEBIBYTE);
    Pointer mapping = map(fd, MEBIBYTE, PROT_READ | PROT_WRITE, MAP_SHARED);
    mapping.putByte(10 * BLOCK_BYTES + 5, (byte) 7);
    assertEquals(10L * BLOCK_BYTES, Posix.lseek(fd, 0, SEEK_DATA));
  }
}
