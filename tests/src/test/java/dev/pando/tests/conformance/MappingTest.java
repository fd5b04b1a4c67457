package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.EACCES;
import static dev.pando.daemon.tree.Errno.EINVAL;
import static dev.pando.daemon.tree.Errno.ENODEV;
import static dev.pando.tests.conformance.Posix.MAP_PRIVATE;
import static dev.pando.tests.conformance.Posix.MAP_SHARED;
import static dev.pando.tests.conformance.Posix.O_RDONLY;
import static dev.pando.tests.conformance.Posix.O_RDWR;
import static dev.pando.tests.conformance.Posix.O_WRONLY;
import static dev.pando.tests.conformance.Posix.PROT_READ;
import static dev.pando.tests.conformance.Posix.PROT_WRITE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import jnr.ffi.Pointer;
import org.junit.jupiter.api.Test;

/** mmap(2). A page past the end is looked at by a system call, which gets EFAULT and no signal. */
final class MappingTest extends DataTest {
  private static final int EFAULT = 14;
  private static final int SIZE = MEBIBYTE + 5000;
  private static final int READ_WRITE = PROT_READ | PROT_WRITE;

  MappingTest(Volume volume) {
    super(volume);
  }

  private static byte[] read(Pointer memory, int offset, int length) {
    byte[] data = new byte[length];
    memory.get(offset, data, 0, length);
    return data;
  }

  @EachFile
  void aSharedMappingIsTheFile(String name) throws Exception {
    byte[] data = data(SIZE);
    int fd = create(name, data);
    Pointer memory = map(fd, SIZE, READ_WRITE, MAP_SHARED);
    assertArrayEquals(data, read(memory, 0, SIZE));
    byte[] piece = data(9000);
    memory.put(12_345, piece, 0, piece.length);
    byte[] expected = with(data, 12_345, piece);
    assertArrayEquals(expected, contentOf(fd));
    assertArrayEquals(expected, contentOf(open(name, O_RDONLY)));
    Posix.pwrite(fd, data, 0);
    assertArrayEquals(data, read(memory, 0, SIZE));
  }

  @EachFile
  void whatIsWrittenThroughAMappingOtherProcessesRead(String name) throws Exception {
    int fd = create(name, data(SIZE));
    Pointer memory = map(fd, SIZE, READ_WRITE, MAP_SHARED);
    byte[] piece = Posix.bytes("through the mapping");
    memory.put(5000, piece, 0, piece.length);
    String read = "tail -c +5001 \"$1\" | head -c 19";
    assertEquals("through the mapping", shell(read, name).succeeded().out());
    shell("printf 'by a process' | dd of=\"$1\" bs=1 seek=6000 conv=notrunc status=none", name)
        .succeeded();
    assertArrayEquals(Posix.bytes("by a process"), read(memory, 6000, 12));
  }

  @EachFile
  void whatIsMappedStaysWhenItIsUnmappedOrSynced(String name) {
    byte[] data = data(SIZE);
    int fd = create(name, data);
    for (int round = 0; round < 3; round++) {
      Pointer memory = map(fd, SIZE, READ_WRITE, MAP_SHARED);
      byte[] piece = data(70_000);
      memory.put(round * 100_000L, piece, 0, piece.length);
      data = with(data, round * 100_000, piece);
      if (round == 1) {
        Posix.msync(memory, SIZE);
      } else if (round == 2) {
        Posix.fsync(fd);
      }
      unmap(memory);
      close(fd);
      fd = open(name, O_RDWR);
      assertArrayEquals(data, contentOf(fd));
    }
  }

  @EachFile
  void aMappingOutlivesItsHandleAndItsName(String name) {
    byte[] data = data(SIZE);
    int fd = create(name, data);
    Pointer memory = map(fd, SIZE, READ_WRITE, MAP_SHARED);
    close(fd);
    Posix.unlink(at(name));
    memory.putByte(SIZE - 1, (byte) 9);
    Posix.msync(memory, SIZE);
    assertArrayEquals(with(data, SIZE - 1, new byte[] {9}), read(memory, 0, SIZE));
  }

  @EachFile
  void aPrivateMappingKeepsItsWritesToItself(String name) {
    byte[] data = data(SIZE);
    int fd = create(name, data);
    Pointer memory = map(fd, SIZE, READ_WRITE, MAP_PRIVATE);
    byte[] piece = data(10_000);
    memory.put(3000, piece, 0, piece.length);
    assertArrayEquals(with(data, 3000, piece), read(memory, 0, SIZE));
    assertArrayEquals(data, contentOf(fd));
    unmap(memory);
    Posix.fsync(fd);
    assertArrayEquals(data, contentOf(open(name, O_RDONLY)));
  }

  @EachFile
  void aMappingEndsWithTheLastPageOfItsFile(String name) {
    int fd = create(name, data(5000));
    int sink = create("sink");
    Pointer memory = map(fd, 4L * BLOCK_BYTES, READ_WRITE, MAP_SHARED);
    assertArrayEquals(zeros(2 * BLOCK_BYTES - 5000), read(memory, 5000, 2 * BLOCK_BYTES - 5000));
    refused(EFAULT, () -> Posix.pwrite(sink, memory.slice(2L * BLOCK_BYTES), 1, 0));
    Posix.ftruncate(fd, 3L * BLOCK_BYTES);
    assertEquals(1, Posix.pwrite(sink, memory.slice(2L * BLOCK_BYTES), 1, 0));
    memory.putByte(3L * BLOCK_BYTES - 1, (byte) 1);
    assertArrayEquals(new byte[] {1}, Posix.pread(fd, 10, 3L * BLOCK_BYTES - 1));
  }

  @EachFile
  void whatIsWrittenPastTheEndOfAFileIsNotInIt(String name) {
    byte[] data = data(5000);
    int fd = create(name, data);
    Pointer memory = map(fd, 2L * BLOCK_BYTES, READ_WRITE, MAP_SHARED);
    memory.putByte(5001, (byte) 1);
    memory.putByte(10, (byte) 1);
    Posix.msync(memory, 2L * BLOCK_BYTES);
    assertEquals(5000, sizeOf(fd));
    Posix.ftruncate(fd, 8000);
    assertArrayEquals(
        Arrays.copyOf(with(data, 10, new byte[] {1}), 8000), contentOf(open(name, O_RDONLY)));
  }

  @EachFile
  void truncationCutsAMapping(String name) {
    byte[] data = data(SIZE);
    int fd = create(name, data);
    int sink = create("sink");
    Pointer memory = map(fd, SIZE, READ_WRITE, MAP_SHARED);
    memory.putByte(SIZE - 1, (byte) 1);
    Posix.ftruncate(fd, 5000);
    assertArrayEquals(Arrays.copyOf(data, 5000), read(memory, 0, 5000));
    assertArrayEquals(zeros(3192), read(memory, 5000, 3192));
    refused(EFAULT, () -> Posix.pwrite(sink, memory.slice(2L * BLOCK_BYTES), 1, 0));
    Posix.ftruncate(fd, SIZE);
    assertArrayEquals(Arrays.copyOf(Arrays.copyOf(data, 5000), SIZE), read(memory, 0, SIZE));
    assertArrayEquals(Arrays.copyOf(Arrays.copyOf(data, 5000), SIZE), contentOf(fd));
  }

  @EachFile
  void aHolePunchedIsSeenThroughAMapping(String name) {
    byte[] data = data(SIZE);
    int fd = create(name, data);
    Pointer memory = map(fd, SIZE, READ_WRITE, MAP_SHARED);
    memory.putByte(20_000, (byte) 3);
    Posix.fallocate(fd, Posix.FALLOC_PUNCH_HOLE | Posix.FALLOC_KEEP_SIZE, 10_000, 30_000);
    byte[] expected = with(data, 10_000, zeros(30_000));
    assertArrayEquals(expected, read(memory, 0, SIZE));
    memory.putByte(20_001, (byte) 4);
    assertArrayEquals(with(expected, 20_001, new byte[] {4}), contentOf(fd));
  }

  @EachFile
  void aCopyTakesWhatIsMappedAndIsSeenThroughAMapping(String name) {
    byte[] data = data(SIZE);
    int in = create(name, data);
    int out = create("copy-" + name, data(SIZE));
    Pointer source = map(in, SIZE, READ_WRITE, MAP_SHARED);
    Pointer target = map(out, SIZE, READ_WRITE, MAP_SHARED);
    target.putByte(5000, (byte) 1);
    byte[] piece = data(9000);
    source.put(4000, piece, 0, piece.length);
    assertEquals(SIZE, Posix.copyFileRange(in, 0, out, 0, SIZE));
    assertArrayEquals(with(data, 4000, piece), read(target, 0, SIZE));
    assertArrayEquals(with(data, 4000, piece), contentOf(out));
  }

  @Test
  void whatAHandleMayNotDoIsRefused() {
    create("data.bin", data(SIZE));
    int readOnly = open("data.bin", O_RDONLY);
    int writeOnly = open("data.bin", O_WRONLY);
    int folder = open(".", O_RDONLY);
    refused(EACCES, () -> map(readOnly, SIZE, READ_WRITE, MAP_SHARED));
    refused(EACCES, () -> map(writeOnly, SIZE, PROT_READ, MAP_SHARED));
    refused(EINVAL, () -> map(readOnly, 0, PROT_READ, MAP_SHARED));
    refused(ENODEV, () -> map(folder, BLOCK_BYTES, PROT_READ, MAP_SHARED));
    map(readOnly, SIZE, READ_WRITE, MAP_PRIVATE).putByte(0, (byte) 0);
    map(readOnly, SIZE, PROT_READ, MAP_SHARED);
  }
}
