package dev.pando.tests;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One file, used with O_DIRECT, through the page cache and through a mapping at the same time: on
 * files that are cached and on images, which are not, what was written by one way is read by all.
 */
class ConcurrentAccessTest {
  private static final int BLOCK_BYTES = 4096;
  private static final int IN_TURN = 300;
  private static final int AT_ONCE = 2000 * Integer.getInteger("pando.long", 1);

  private static MountedStore store;

  /** A way to write and read the file's one block, which is full of one number. */
  private enum Way {
    BUFFERED,
    DIRECT,
    MAPPED
  }

  private interface Access {
    void write(long number) throws IOException;

    long read() throws IOException;
  }

  @BeforeAll
  static void mount() throws Exception {
    store = MountedStore.mounted();
  }

  @AfterAll
  static void umount() throws Exception {
    store.close();
  }

  static List<Arguments> filesAndWriters() {
    List<Arguments> all = new ArrayList<>();
    for (String file : List.of("small.nvram", "disk.raw")) {
      for (Way writer : Way.values()) {
        all.add(Arguments.of(file, writer));
      }
    }
    return all;
  }

  private static Access open(Path file, Way way) throws IOException {
    FileChannel channel =
        way == Way.DIRECT
            ? FileChannel.open(file, READ, WRITE, ExtendedOpenOption.DIRECT)
            : FileChannel.open(file, READ, WRITE);
    if (way == Way.MAPPED) {
      ByteBuffer mapping = channel.map(MapMode.READ_WRITE, 0, BLOCK_BYTES);
      channel.close(); // the mapping stays
      return new Access() {
        @Override
        public void write(long number) {
          fill(mapping, number);
        }

        @Override
        public long read() {
          return mapping.getLong(0);
        }
      };
    }
    ByteBuffer block = ByteBuffer.allocateDirect(2 * BLOCK_BYTES).alignedSlice(BLOCK_BYTES);
    block.limit(BLOCK_BYTES);
    return new Access() {
      @Override
      public void write(long number) throws IOException {
        fill(block, number);
        assertEquals(BLOCK_BYTES, channel.write(block.rewind(), 0));
      }

      @Override
      public long read() throws IOException {
        assertEquals(BLOCK_BYTES, channel.read(block.rewind(), 0));
        return block.getLong(0);
      }
    };
  }

  private static void fill(ByteBuffer block, long number) {
    for (int at = 0; at < BLOCK_BYTES; at += Long.BYTES) {
      block.putLong(at, number);
    }
  }

  private static Path fresh(String name) throws IOException {
    Path file = store.at(name);
    Files.deleteIfExists(file);
    return Files.write(file, new byte[BLOCK_BYTES]);
  }

  @ParameterizedTest
  @MethodSource("filesAndWriters")
  void whatOneWayWroteAllWaysRead(String name, Way writing) throws Exception {
    Path file = fresh(name);
    Map<Way, Access> ways = new EnumMap<>(Way.class);
    for (Way way : Way.values()) {
      ways.put(way, open(file, way));
    }
    for (long number = 1; number <= IN_TURN; number++) {
      ways.get(writing).write(number);
      for (Way reading : Way.values()) {
        assertEquals(number, ways.get(reading).read(), writing + " then " + reading);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("filesAndWriters")
  void nobodyReadsWhatWasThereBeforeAWriteThatHasEnded(String name, Way writing) throws Exception {
    Path file = fresh(name);
    AtomicLong written = new AtomicLong();
    // to a mapping it takes no time
    long rounds = writing == Way.MAPPED ? 100L * AT_ONCE : AT_ONCE;
    List<CompletableFuture<Void>> readers = new ArrayList<>();
    for (Way reading : Way.values()) {
      Access access = open(file, reading);
      CompletableFuture<Void> reader = new CompletableFuture<>();
      readers.add(reader);
      String what = writing + " and " + reading;
      new Thread(() -> follow(access, written, rounds, what, reader)).start();
    }
    Access writer = open(file, writing);
    for (long number = 1; number <= rounds; number++) {
      writer.write(number);
      written.set(number);
    }
    for (CompletableFuture<Void> reader : readers) {
      reader.get();
    }
  }

  private static void follow(
      Access access, AtomicLong written, long rounds, String what, CompletableFuture<Void> result) {
    try {
      long before;
      do {
        before = written.get();
        long read = access.read();
        long least = before;
        assertTrue(read >= least, () -> what + ": read " + read + " after " + least);
      } while (before < rounds);
      result.complete(null);
    } catch (IOException | RuntimeException | AssertionError e) {
      result.completeExceptionally(e);
    }
  }
}
