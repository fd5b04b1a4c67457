package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.EBADF;
import static dev.pando.daemon.tree.Errno.EINVAL;
import static dev.pando.daemon.tree.Errno.EISDIR;
import static dev.pando.tests.conformance.Posix.O_APPEND;
import static dev.pando.tests.conformance.Posix.O_DIRECT;
import static dev.pando.tests.conformance.Posix.O_DSYNC;
import static dev.pando.tests.conformance.Posix.O_RDONLY;
import static dev.pando.tests.conformance.Posix.O_RDWR;
import static dev.pando.tests.conformance.Posix.O_SYNC;
import static dev.pando.tests.conformance.Posix.O_WRONLY;
import static dev.pando.tests.conformance.Posix.RWF_APPEND;
import static dev.pando.tests.conformance.Posix.RWF_DSYNC;
import static dev.pando.tests.conformance.Posix.SEEK_SET;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** read(2) and write(2) and their kin: how much, where, and who may. */
final class ReadWriteTest extends DataTest {
  private static final int EFAULT = 14;

  ReadWriteTest(Volume volume) {
    super(volume);
  }

  @EachFile
  void oneCallMovesManyMebibytes(String name) {
    byte[] data = data(9 * MEBIBYTE + 3);
    int fd = create(name);
    assertEquals(data.length, Posix.pwrite(fd, data, 5));
    assertArrayEquals(data, Posix.pread(fd, data.length + 100, 5));
    int direct = open(name, O_RDWR | O_DIRECT);
    byte[] whole = Arrays.copyOf(data, 8 * MEBIBYTE);
    assertEquals(whole.length, Posix.pwrite(direct, aligned(whole), 0));
    ByteBuffer memory = Posix.aligned(whole.length);
    assertEquals(whole.length, Posix.pread(direct, memory, 0));
    assertEquals(ByteBuffer.wrap(whole), memory);
    assertArrayEquals(whole, Posix.pread(fd, whole.length, 0));
  }

  @EachFile
  void vectorsAreOneCall(String name) {
    int fd = create(name);
    byte[] data = data(300_000);
    ByteBuffer[] pieces = new ByteBuffer[1000];
    for (int i = 0; i < pieces.length; i++) {
      pieces[i] = aligned(Arrays.copyOfRange(data, i * 300, (i + 1) * 300));
    }
    assertEquals(300_000, Posix.pwritev(fd, 12_345, pieces));
    assertArrayEquals(data, Posix.pread(fd, 400_000, 12_345));
    for (ByteBuffer piece : pieces) {
      for (int i = 0; i < 300; i++) {
        piece.put(i, (byte) 0);
      }
    }
    assertEquals(300_000 - 700, Posix.preadv(fd, 12_345 + 700, pieces));
    for (int i = 0; i < 997; i++) {
      byte[] piece = new byte[300];
      pieces[i].get(0, piece);
      assertArrayEquals(Arrays.copyOfRange(data, 700 + i * 300, 1000 + i * 300), piece);
    }
  }

  @EachFile
  void nothingIsReadAtAndPastTheEnd(String name) {
    byte[] data = data(5000);
    int fd = create(name, data);
    assertArrayEquals(Arrays.copyOfRange(data, 4990, 5000), Posix.pread(fd, 9000, 4990));
    assertEquals(0, Posix.pread(fd, 10, 5000).length);
    assertEquals(0, Posix.pread(fd, 10, 17 * TEBIBYTE).length);
    assertEquals(0, Posix.pread(create("empty-" + name), 10, 0).length);
  }

  @EachFile
  void noBytesAreAWriteOfNothing(String name) {
    int fd = create(name, data(10));
    assertEquals(0, Posix.pwrite(fd, new byte[0], 1000));
    assertEquals(0, Posix.write(fd, new byte[0]));
    assertEquals(0, Posix.pread(fd, 0, 0).length);
    assertEquals(10, sizeOf(fd));
  }

  @EachFile
  void thePositionGoesAlong(String name) {
    byte[] data = data(30_000);
    int fd = create(name);
    Posix.write(fd, Arrays.copyOf(data, 10_000));
    Posix.write(fd, Arrays.copyOfRange(data, 10_000, 30_000));
    Posix.pwrite(fd, data, 0);
    Posix.lseek(fd, 100, SEEK_SET);
    assertArrayEquals(Arrays.copyOfRange(data, 100, 5100), Posix.read(fd, 5000));
    assertArrayEquals(Arrays.copyOfRange(data, 5100, 30_000), Posix.read(fd, 50_000));
    assertEquals(0, Posix.read(fd, 10).length);
  }

  @EachFile
  void appendingWritesGoToTheEnd(String name) {
    byte[] first = data(5000);
    byte[] second = data(5000);
    int fd = create(name, first);
    int appending = open(name, O_WRONLY | O_APPEND);
    Posix.write(appending, second);
    // Linux appends whatever the offset is
    Posix.pwrite(appending, second, 0);
    Posix.pwritev2(fd, aligned(first), 0, RWF_APPEND);
    byte[] expected = with(with(with(first, 5000, second), 10_000, second), 15_000, first);
    assertArrayEquals(expected, contentOf(fd));
  }

  @EachFile
  void synchronousWritesAreWrites(String name) {
    byte[] data = data(50_000);
    int fd = create(name, data);
    for (int flag : new int[] {O_DSYNC, O_SYNC, O_DSYNC | O_DIRECT, O_SYNC | O_APPEND}) {
      byte[] piece = data(BLOCK_BYTES);
      int at = (flag & O_APPEND) != 0 ? data.length : 8192;
      assertEquals(BLOCK_BYTES, Posix.pwrite(open(name, O_RDWR | flag), aligned(piece), at));
      data = with(data, at, piece);
      assertArrayEquals(data, contentOf(fd));
    }
    byte[] piece = data(999);
    assertEquals(999, Posix.pwritev2(fd, aligned(piece), 100, RWF_DSYNC));
    assertArrayEquals(with(data, 100, piece), contentOf(fd));
  }

  @EachFile
  void whatAHandleMayNotDoIsRefused(String name) {
    int both = create(name, data(100));
    int readOnly = open(name, O_RDONLY);
    int writeOnly = open(name, O_WRONLY);
    int folder = open(".", O_RDONLY);
    refused(EBADF, () -> Posix.pwrite(readOnly, data(10), 0));
    refused(EBADF, () -> Posix.pread(writeOnly, 10, 0));
    refused(EBADF, () -> Posix.pread(12_345, 10, 0));
    refused(EISDIR, () -> Posix.pread(folder, 10, 0));
    refused(EISDIR, () -> Posix.open(directory(), O_RDWR));
    refused(EINVAL, () -> Posix.pread(both, 10, -1));
    refused(EINVAL, () -> Posix.pwrite(both, data(10), -1));
  }

  @EachFile
  void memoryThatIsNotThereIsNotWritten(String name) {
    int fd = create(name, data(100));
    jnr.ffi.Pointer none = jnr.ffi.Pointer.wrap(jnr.ffi.Runtime.getSystemRuntime(), 8);
    refused(EFAULT, () -> Posix.pwrite(fd, none, 100, 0));
    assertEquals(100, sizeOf(fd));
  }

  @Test
  void aFileIsReplacedByOpeningItWithTruncation() {
    for (String name : new String[] {"data.bin", "disk.raw"}) {
      int fd = create(name, data(5000));
      open(name, O_RDONLY | Posix.O_TRUNC);
      assertEquals(0, sizeOf(fd));
      assertEquals(0, Posix.pread(fd, 10, 0).length);
    }
  }
}
