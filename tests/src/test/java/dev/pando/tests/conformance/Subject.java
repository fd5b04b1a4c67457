package dev.pando.tests.conformance;

import static dev.pando.tests.conformance.Posix.FALLOC_KEEP_SIZE;
import static dev.pando.tests.conformance.Posix.FALLOC_PUNCH_HOLE;
import static dev.pando.tests.conformance.Posix.FALLOC_ZERO_RANGE;
import static dev.pando.tests.conformance.Posix.MAP_SHARED;
import static dev.pando.tests.conformance.Posix.O_APPEND;
import static dev.pando.tests.conformance.Posix.O_CREAT;
import static dev.pando.tests.conformance.Posix.O_DIRECT;
import static dev.pando.tests.conformance.Posix.O_RDWR;
import static dev.pando.tests.conformance.Posix.PROT_READ;
import static dev.pando.tests.conformance.Posix.PROT_WRITE;
import static dev.pando.tests.conformance.Posix.SEEK_DATA;
import static dev.pando.tests.conformance.Posix.SEEK_HOLE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.pando.daemon.tree.Errno;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import jnr.ffi.Pointer;

/**
 * A file and its shadow: whatever is done, is done to both, and what is read from the one is
 * compared with the other. Not thread-safe.
 */
final class Subject {
  private static final int PAGE_BYTES = 4096;
  private static final int NONE = -1;

  private final Path file;
  private final Shadow shadow;
  private int buffered = NONE;
  private int direct = NONE;
  private int appending = NONE;

  Subject(Path file) {
    this(file, new Shadow());
  }

  private Subject(Path file, Shadow shadow) {
    this.file = file;
    this.shadow = shadow;
  }

  /** A copy of it that was made by other means. */
  Subject copiedTo(Path copy) {
    return new Subject(copy, shadow.copy());
  }

  Path file() {
    return file;
  }

  int size() {
    return shadow.size();
  }

  void open() {
    buffered = Posix.open(file, O_CREAT | O_RDWR, 0644);
    direct = Posix.open(file, O_RDWR | O_DIRECT);
    appending = Posix.open(file, O_RDWR | O_APPEND);
  }

  void close() {
    for (int fd : new int[] {buffered, direct, appending}) {
      if (fd != NONE) {
        Posix.close(fd);
      }
    }
    buffered = NONE;
    direct = NONE;
    appending = NONE;
  }

  void read(int offset, int length) {
    expect(Posix.pread(buffered, length, offset), offset, length);
  }

  void readDirect(int offset, int length) {
    ByteBuffer memory = Posix.aligned(length);
    byte[] data = new byte[Posix.pread(direct, memory, offset)];
    memory.get(0, data);
    expect(data, offset, length);
  }

  /** Of what lies in the file. */
  void readMapped(int offset, int length) {
    Pointer memory = map(offset, length);
    byte[] data = new byte[length];
    memory.get(offset % PAGE_BYTES, data, 0, length);
    Posix.munmap(memory, offset % PAGE_BYTES + length);
    expect(data, offset, length);
  }

  private void expect(byte[] data, int offset, int length) {
    int at = shadow.difference(data, offset);
    if (at >= 0) {
      fail(
          "%s of %d bytes: read of %d at %d: %d bytes, wrong at %d: %s for %s"
              .formatted(
                  file.getFileName(),
                  size(),
                  length,
                  offset,
                  data.length,
                  at,
                  Arrays.toString(Arrays.copyOfRange(data, at - offset, at - offset + 8)),
                  Arrays.toString(Arrays.copyOf(shadow.read(at, 8), 8))));
    }
    assertEquals(shadow.read(offset, length).length, data.length, "bytes read at " + offset);
  }

  void write(byte[] data, int offset) {
    assertEquals(data.length, Posix.pwrite(buffered, data, offset));
    shadow.write(data, offset);
  }

  void writeDirect(byte[] data, int offset) {
    assertEquals(data.length, Posix.pwrite(direct, DataTest.aligned(data), offset));
    shadow.write(data, offset);
  }

  /** Into what lies in the file. */
  void writeMapped(byte[] data, int offset, boolean synced) {
    Pointer memory = map(offset, data.length);
    memory.put(offset % PAGE_BYTES, data, 0, data.length);
    if (synced) {
      Posix.msync(memory, offset % PAGE_BYTES + data.length);
    }
    Posix.munmap(memory, offset % PAGE_BYTES + data.length);
    shadow.write(data, offset);
  }

  private Pointer map(int offset, int length) {
    int start = offset / PAGE_BYTES * PAGE_BYTES;
    return Posix.mmap(buffered, start, offset - start + length, PROT_READ | PROT_WRITE, MAP_SHARED);
  }

  void append(byte[] data) {
    assertEquals(data.length, Posix.write(appending, data));
    shadow.append(data);
  }

  void truncate(int size) {
    Posix.ftruncate(buffered, size);
    shadow.resize(size);
  }

  void punch(int offset, int length) {
    Posix.fallocate(buffered, FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE, offset, length);
    shadow.zero(offset, length);
  }

  void zero(int offset, int length, boolean keepsSize) {
    Posix.fallocate(
        buffered, FALLOC_ZERO_RANGE | (keepsSize ? FALLOC_KEEP_SIZE : 0), offset, length);
    shadow.zero(offset, length);
    if (!keepsSize) {
      grow(offset + length);
    }
  }

  void allocate(int offset, int length, boolean keepsSize) {
    Posix.fallocate(buffered, keepsSize ? FALLOC_KEEP_SIZE : 0, offset, length);
    if (!keepsSize) {
      grow(offset + length);
    }
  }

  private void grow(int size) {
    if (size > shadow.size()) {
      shadow.resize(size);
    }
  }

  /** Of what lies in the file; within one file the ranges must not overlap. */
  void copyRange(int offset, Subject target, int targetOffset, int length) {
    for (int done = 0; done < length; ) {
      long copied =
          Posix.copyFileRange(
              buffered, offset + done, target.buffered, targetOffset + done, length - done);
      if (copied <= 0) {
        fail("copied " + copied + " bytes at " + done);
      }
      done += (int) copied;
    }
    target.shadow.write(shadow.read(offset, length), targetOffset);
  }

  void sync(boolean dataOnly) {
    if (dataOnly) {
      Posix.fdatasync(buffered);
    } else {
      Posix.fsync(buffered);
    }
  }

  /** Follows data and holes from one end to the other: what a hole is said to be is zeros. */
  void seek() {
    long at = 0;
    while (at < size()) {
      long data;
      try {
        data = Posix.lseek(buffered, at, SEEK_DATA);
      } catch (PosixException end) {
        assertEquals(Errno.ENXIO, end.errno());
        data = size();
      }
      expectZeros((int) at, (int) (data - at));
      at = data < size() ? Posix.lseek(buffered, data, SEEK_HOLE) : data;
    }
  }

  private void expectZeros(int offset, int length) {
    byte[] hole = shadow.read(offset, length);
    int at = Arrays.mismatch(hole, new byte[length]);
    if (at >= 0) {
      fail("a hole at " + offset + " has data at " + (offset + at));
    }
  }

  void checkAll() {
    assertEquals(size(), Posix.fstat(buffered).size(), file + ": size");
    read(0, size() + 1);
  }
}
