package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.testing.Patience;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** On a disk that is really full: refused is only what needs room, and room can be made. */
final class FullDiskTest {
  private static final int MIB = 1 << 20;
  private static final int DISK_MIB = 160;
  private static final int PIECE = 64 << 10;

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource(SmallDisk.Kind.class)
  void aFullDiskRefusesWritersKeepsWhatItHasAndReservationsAndTakesDeletes(SmallDisk.Kind kind)
      throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting wants root");
    try (SmallDisk disk = new SmallDisk(kind, directory, DISK_MIB)) {
      Path path = disk.path().resolve("store");
      StoreOptions options = Machine.options().withHostReserveBytes(4 * MIB);
      long[] ids = new long[3];
      try (CowStore store = CowStore.open(path, options)) {
        Bytes bytes = new Bytes(store);
        CowFile written = bytes.create();
        CowFile reserved = bytes.create();
        CowFile large = bytes.create();
        ids = new long[] {written.id(), reserved.id(), large.id()};
        bytes.fill(written, 0, 8 * MIB, 1);
        reserved.reserve(0, 24 * MIB);
        long end = fill(bytes, large);
        disk.fill();
        requireFull(() -> bytes.fill(large, end, PIECE, 2));
        requireFull(() -> reserved.reserve(24 * MIB, 8 * MIB));

        bytes.requireFilled(large, 0, end, 2);
        Flush.sync(large);
        bytes.fill(written, MIB + 7, MIB, 3);
        for (int at = 0; at < 24 * MIB; at += PIECE) {
          bytes.fill(reserved, (at * 7L) % (24 * MIB), PIECE - 100, 4);
        }
        Flush.sync(reserved);
        store.commit();

        large.unmap(4 * MIB, 16 * MIB);
        awaitRoom(bytes, store, 8 * MIB);
        requireFull(() -> bytes.fill(bytes.create(), 0, 64 * MIB, 5));
        store.change().removeFile(large).apply();
        awaitRoom(bytes, store, 16 * MIB);
        assertEquals(StoreState.READY, store.state());
      }
      try (CowStore store = CowStore.open(path, options)) {
        Bytes bytes = new Bytes(store);
        bytes.requireFilled(store.file(ids[0]), MIB + 7, MIB, 3);
        bytes.requireFilled(store.file(ids[0]), 2 * MIB + 7, 6 * MIB - 7, 1);
        for (int at = 0; at < 24 * MIB; at += PIECE) {
          bytes.requireFilled(store.file(ids[1]), at, PIECE - 100, 4);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(SmallDisk.Kind.class)
  void recordsAreRefusedBeforeTheyCanNotBeCommittedAndRemovalsAreTaken(SmallDisk.Kind kind)
      throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting wants root");
    byte[] value = new byte[3000];
    try (SmallDisk disk = new SmallDisk(kind, directory, 300)) {
      Path path = disk.path().resolve("store");
      int count = 0;
      try (CowStore store = CowStore.open(path, StoreOptions.defaults().withCreate(true))) {
        disk.fill();
        StoreException refusal = null;
        while (refusal == null && count < 200_000) {
          try {
            store.change().needsRoom().put(key(count), value).apply();
            count++;
          } catch (StoreException e) {
            refusal = e;
          }
        }
        assertEquals(StoreException.Reason.FULL, refusal.reason());
        store.commit();
        for (int i = 0; i < count; i += 2) {
          store.change().remove(key(i)).apply();
        }
        store.commit();
        assertEquals(StoreState.READY, store.state());
      }
      try (CowStore store = CowStore.open(path, StoreOptions.defaults())) {
        assertEquals(StoreState.READY, store.state());
        for (int i = 0; i < count; i++) {
          assertEquals(i % 2 == 0, store.record(key(i)) == null, "record " + i);
        }
      }
    }
  }

  private static byte[] key(int number) {
    return ByteBuffer.allocate(5).put((byte) 'k').putInt(number).array();
  }

  /** Writes until the store is full, and returns how far it came. */
  private static long fill(Bytes bytes, CowFile file) {
    long end = 0;
    try {
      while (true) {
        bytes.fill(file, end, PIECE, 2);
        end += PIECE;
      }
    } catch (StoreException refusal) {
      assertEquals(Reason.FULL, refusal.reason());
      return end;
    }
  }

  /** Space that was given back is there for a writer after a while. */
  private static void awaitRoom(Bytes bytes, CowStore store, int length) throws StoreException {
    CowFile file = bytes.create();
    Patience.await(
        "room for " + length + " bytes",
        () -> {
          try {
            bytes.fill(file, 0, length, 6);
            return true;
          } catch (StoreException refusal) {
            assertEquals(Reason.FULL, refusal.reason());
            return false;
          }
        });
    store.change().removeFile(file).apply();
  }

  private static void requireFull(Executable call) {
    assertEquals(Reason.FULL, assertThrows(StoreException.class, call).reason());
  }
}
