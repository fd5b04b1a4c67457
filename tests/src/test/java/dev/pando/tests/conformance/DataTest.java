package dev.pando.tests.conformance;

import static dev.pando.tests.conformance.Posix.O_CREAT;
import static dev.pando.tests.conformance.Posix.O_RDWR;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pando.daemon.tree.Errno;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import jnr.ffi.Pointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;

/** Cases about the bytes of files. What a case opens or maps is closed when it ends. */
abstract class DataTest extends VolumeTest {
  static final int SECTOR_BYTES = 512;
  static final int BLOCK_BYTES = 4096;
  static final int MEBIBYTE = 1 << 20;
  static final long GIBIBYTE = 1L << 30;
  static final long TEBIBYTE = 1L << 40;

  private static final AtomicLong SEEDS = new AtomicLong();

  /** What is open, and its name. */
  private final Map<Integer, String> opened = new HashMap<>();

  private final Map<Pointer, Long> mapped = new HashMap<>();

  DataTest(Volume volume) {
    super(volume);
  }

  @AfterEach
  void closeAll() {
    mapped.forEach(Posix::munmap);
    opened.keySet().forEach(Posix::close);
  }

  /** Opens a file in the case's directory. */
  int open(String name, int flags) {
    int fd = Posix.open(at(name), flags, 0644);
    opened.put(fd, name);
    return fd;
  }

  /** Makes an empty file, open for reading and writing. */
  int create(String name) {
    return open(name, O_CREAT | O_RDWR);
  }

  /** Makes a file with this content, open for reading and writing. */
  int create(String name, byte[] content) {
    int fd = create(name);
    assertEquals(content.length, Posix.pwrite(fd, content, 0));
    return fd;
  }

  void close(int fd) {
    opened.remove(fd);
    Posix.close(fd);
  }

  /** Maps a file from its beginning; on a volume that maps no images the case ends here. */
  Pointer map(int fd, long length, int protection, int flags) {
    boolean isImage = opened.get(fd).matches(".*[.](raw|vmdk)");
    if (volume() == Volume.JNR_FUSE && isImage && flags == Posix.MAP_SHARED) {
      refused(Errno.ENODEV, () -> Posix.mmap(fd, 0, length, protection, flags));
      Assumptions.abort("libfuse 2 has no shared mapping of direct files: ENODEV");
    }
    Pointer memory = Posix.mmap(fd, 0, length, protection, flags);
    mapped.put(memory, length);
    return memory;
  }

  void unmap(Pointer memory) {
    Posix.munmap(memory, mapped.remove(memory));
  }

  /** Random bytes without a zero among them; others each time. */
  static byte[] data(int length) {
    byte[] data = new byte[length];
    new Random(SEEDS.incrementAndGet()).nextBytes(data);
    for (int i = 0; i < length; i++) {
      data[i] |= 1;
    }
    return data;
  }

  static byte[] zeros(int length) {
    return new byte[length];
  }

  /** {@code content} with {@code piece} in its place at {@code offset}. */
  static byte[] with(byte[] content, int offset, byte[] piece) {
    byte[] all = Arrays.copyOf(content, Math.max(content.length, offset + piece.length));
    System.arraycopy(piece, 0, all, offset, piece.length);
    return all;
  }

  /** Memory fit for O_DIRECT that holds {@code content}. */
  static ByteBuffer aligned(byte[] content) {
    return Posix.aligned(content.length).put(content).flip();
  }

  /** All of a file of less than 2 GiB. */
  static byte[] contentOf(int fd) {
    return Posix.pread(fd, (int) Posix.fstat(fd).size(), 0);
  }

  static long sizeOf(int fd) {
    return Posix.fstat(fd).size();
  }

  /** What the file occupies, when the file system has settled where. */
  static long storedBytes(int fd) {
    Posix.fsync(fd);
    return Posix.fstat(fd).blocks() * SECTOR_BYTES;
  }
}
