package dev.pando.tests.conformance;

import static dev.pando.tests.conformance.Posix.MAP_SHARED;
import static dev.pando.tests.conformance.Posix.O_APPEND;
import static dev.pando.tests.conformance.Posix.O_DIRECT;
import static dev.pando.tests.conformance.Posix.O_RDWR;
import static dev.pando.tests.conformance.Posix.O_WRONLY;
import static dev.pando.tests.conformance.Posix.PROT_READ;
import static dev.pando.tests.conformance.Posix.PROT_WRITE;
import static dev.pando.tests.conformance.Volume.EXT4;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;
import jnr.ffi.Pointer;

/** One file seen in several ways at once, and changed by several at once. */
final class CoherenceTest extends DataTest {
  private static final int SIZE = 2 * MEBIBYTE;
  private static final int THREADS = 4;

  CoherenceTest(Volume volume) {
    super(volume);
  }

  /** A way to read and write a file. */
  private interface Way {
    void write(byte[] data, int offset);

    byte[] read(int length, int offset);
  }

  private Way buffered(String name) {
    int fd = open(name, O_RDWR);
    return new Way() {
      @Override
      public void write(byte[] data, int offset) {
        assertEquals(data.length, Posix.pwrite(fd, data, offset));
      }

      @Override
      public byte[] read(int length, int offset) {
        return Posix.pread(fd, length, offset);
      }
    };
  }

  private Way direct(String name) {
    int fd = open(name, O_RDWR | O_DIRECT);
    return new Way() {
      @Override
      public void write(byte[] data, int offset) {
        assertEquals(data.length, Posix.pwrite(fd, aligned(data), offset));
      }

      @Override
      public byte[] read(int length, int offset) {
        ByteBuffer memory = Posix.aligned(length);
        byte[] data = new byte[Posix.pread(fd, memory, offset)];
        memory.get(0, data);
        return data;
      }
    };
  }

  private Way mapped(String name) {
    Pointer mapping = map(open(name, O_RDWR), SIZE, PROT_READ | PROT_WRITE, MAP_SHARED);
    return new Way() {
      @Override
      public void write(byte[] data, int offset) {
        mapping.put(offset, data, 0, data.length);
      }

      @Override
      public byte[] read(int length, int offset) {
        byte[] data = new byte[length];
        mapping.get(offset, data, 0, length);
        return data;
      }
    };
  }

  private void assertCoherent(Way... ways) {
    byte[] expected = zeros(SIZE);
    for (int round = 0; round < 20; round++) {
      for (Way writer : ways) {
        byte[] piece = data((round % 4 + 1) * BLOCK_BYTES);
        int at = (round * 7 + 3) * 3 * BLOCK_BYTES % (SIZE - 4 * BLOCK_BYTES);
        writer.write(piece, at);
        expected = with(expected, at, piece);
        for (Way reader : ways) {
          assertArrayEquals(piece, reader.read(piece.length, at));
        }
      }
    }
    for (Way reader : ways) {
      assertArrayEquals(expected, reader.read(SIZE, 0));
    }
  }

  @EachFile
  void whatOneWayWritesEveryWayReads(String name) {
    Posix.ftruncate(create(name), SIZE);
    assertCoherent(buffered(name), direct(name), buffered(name), direct(name));
  }

  @EachFile
  void whatIsWrittenThroughAMappingEveryWayReads(String name) {
    Posix.ftruncate(create(name), SIZE);
    assertCoherent(buffered(name), direct(name), mapped(name), mapped(name));
  }

  @EachFile
  void directReadsAndWritesOfWholeSectors(String name) {
    byte[] data = data(5 * BLOCK_BYTES);
    create(name, data);
    Way direct = direct(name);
    for (int[] range :
        new int[][] {{0, SECTOR_BYTES}, {3 * SECTOR_BYTES, 9 * SECTOR_BYTES}, {512, BLOCK_BYTES}}) {
      byte[] piece = data(range[1]);
      direct.write(piece, range[0]);
      data = with(data, range[0], piece);
      assertArrayEquals(piece, direct.read(range[1], range[0]));
    }
    assertArrayEquals(data, contentOf(open(name, O_RDWR)));
    assertArrayEquals(
        Arrays.copyOfRange(data, 4 * BLOCK_BYTES, data.length),
        direct.read(8 * BLOCK_BYTES, 4 * BLOCK_BYTES));
    assertEquals(0, direct.read(BLOCK_BYTES, 8 * BLOCK_BYTES).length);
  }

  @NotOn(value = EXT4, because = "its direct I/O is in sectors (EINVAL)")
  @EachFile
  void directIoNeedsNoAlignment(String name) {
    byte[] data = data(5 * BLOCK_BYTES);
    create(name, data);
    Way direct = direct(name);
    byte[] piece = data(701);
    direct.write(piece, 4093);
    assertArrayEquals(piece, direct.read(701, 4093));
    assertArrayEquals(with(data, 4093, piece), direct.read(data.length + 9, 0));
  }

  /** Runs {@code action} with 0, 1, ... at once, and waits for all. */
  private static void atOnce(IntConsumer action) {
    CompletableFuture<?>[] running = new CompletableFuture<?>[THREADS];
    for (int i = 0; i < THREADS; i++) {
      int index = i;
      running[i] =
          CompletableFuture.runAsync(() -> action.accept(index), run -> new Thread(run).start());
    }
    CompletableFuture.allOf(running).join();
  }

  @EachFile
  void writersOfPartsOfOneBlockLoseNothing(String name) {
    for (int flags : new int[] {O_RDWR, O_RDWR | O_DIRECT}) {
      create(name);
      byte[] data = data(16 * BLOCK_BYTES);
      atOnce(
          writer -> {
            int fd = Posix.open(at(name), flags);
            // neighbours in one block are written at the same time
            for (int at = writer * 512; at < data.length; at += THREADS * SECTOR_BYTES) {
              Posix.pwrite(fd, aligned(Arrays.copyOfRange(data, at, at + SECTOR_BYTES)), at);
            }
            Posix.close(fd);
          });
      assertArrayEquals(data, contentOf(open(name, O_RDWR)));
      Posix.unlink(at(name));
    }
  }

  @EachFile
  void appendsAreWholeAndNoneIsLost(String name) {
    create(name);
    int recordBytes = 777;
    int each = 100;
    atOnce(
        writer -> {
          int fd = Posix.open(at(name), O_WRONLY | O_APPEND);
          for (int i = 0; i < each; i++) {
            byte[] record = new byte[recordBytes];
            Arrays.fill(record, (byte) i);
            record[0] = (byte) writer;
            assertEquals(recordBytes, Posix.write(fd, record));
          }
          Posix.close(fd);
        });
    byte[] all = contentOf(open(name, O_RDWR));
    assertEquals(THREADS * each * recordBytes, all.length);
    Set<Integer> seen = new HashSet<>();
    for (int at = 0; at < all.length; at += recordBytes) {
      byte[] expected = new byte[recordBytes];
      Arrays.fill(expected, all[at + 1]);
      expected[0] = all[at];
      assertArrayEquals(expected, Arrays.copyOfRange(all, at, at + recordBytes));
      seen.add(all[at] << 8 | all[at + 1]);
    }
    assertEquals(THREADS * each, seen.size());
  }

  @EachFile
  void aSizeIsSeenByEveryHandleAtOnce(String name) {
    int first = create(name);
    int second = open(name, O_RDWR | O_DIRECT);
    for (int i = 1; i < 50; i++) {
      Posix.pwrite(i % 2 == 0 ? first : second, aligned(data(BLOCK_BYTES)), i * 8192L);
      assertEquals(i * 8192L + BLOCK_BYTES, sizeOf(i % 2 == 0 ? second : first));
      assertEquals(
          BLOCK_BYTES, Posix.pread(i % 2 == 0 ? second : first, aligned(zeros(8192)), i * 8192L));
    }
    Posix.ftruncate(second, 100);
    assertEquals(100, Posix.pread(first, 5000, 0).length);
  }
}
