package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.testing.Patience;
import dev.pando.tests.conformance.Posix;
import dev.pando.tests.conformance.PosixException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The disk under a store is lost and comes back while the host runs on, or refuses what it is to
 * keep: then the host's page cache is not what was written, and only what was synced counts.
 */
class LostDiskTest {
  private static final String XFS = "mkfs.xfs -q -f -K";
  private static final String EXT4 = "mke2fs -q -t ext4 -E nodiscard -F";
  private static final int PIECE = 1 << 20;
  private static final int PIECES = 8;
  private static final int MEBIBYTES = 450;
  private static final int MOST_PIECES = 2000;
  private static final int EIO = 5;
  private static final int EROFS = 30;

  private static byte[] piece(long seed) {
    byte[] data = new byte[PIECE];
    new Random(seed).nextBytes(data);
    return data;
  }

  private static int create(MountedStore store, String name) {
    return Posix.open(store.at(name), Posix.O_CREAT | Posix.O_RDWR, 0600);
  }

  private static void write(int fd, long seed, int pieces) {
    for (int i = 0; i < pieces; i++) {
      Posix.pwrite(fd, piece(seed + i), (long) i * PIECE);
    }
  }

  /** A file that is synced. */
  private static void writeSynced(MountedStore store, String name, long seed) {
    int fd = create(store, name);
    write(fd, seed, PIECES);
    Posix.fsync(fd);
    Posix.close(fd);
  }

  private static void requirePieces(MountedStore store, String name, long seed, int pieces) {
    int fd = Posix.open(store.at(name), Posix.O_RDONLY);
    for (int i = 0; i < pieces; i++) {
      assertArrayEquals(
          piece(seed + i), Posix.pread(fd, PIECE, (long) i * PIECE), name + " at " + i + " MiB");
    }
    Posix.close(fd);
  }

  /** Each block that the file has was written to it; its last may be zeros past what was. */
  private static void requireNothingElse(MountedStore store, String name, long seed)
      throws IOException {
    if (!store.at(name).toFile().exists()) {
      return;
    }
    int pieces = (int) (store.at(name).toFile().length() / PIECE);
    requirePieces(store, name, seed, pieces);
  }

  private static int errnoOf(Runnable call) {
    try {
      call.run();
      return 0;
    } catch (PosixException refused) {
      return refused.errno();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {XFS, EXT4})
  void aDiskThatComesBackInTheSameBootHasWhatWasSyncedAndNothingWrong(String make)
      throws Exception {
    try (OwnDisk disk = OwnDisk.make(make, MEBIBYTES);
        MountedStore store = MountedStore.showing(disk.directory().resolve("store"))) {
      writeSynced(store, "synced.raw", 1);
      int fd = create(store, "other.raw");
      write(fd, 100, PIECES);
      store.kill();
      errnoOf(() -> Posix.close(fd));
      disk.loseAndComeBack();
      store.mount();
      requirePieces(store, "synced.raw", 1, PIECES);
      requireNothingElse(store, "other.raw", 100);
      assertTrue(store.isReady());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {XFS, EXT4})
  void anotherMountPointOfADiskThatWasInUseLosesNothing(String make) throws Exception {
    try (OwnDisk disk = OwnDisk.make(make, MEBIBYTES);
        MountedStore store = MountedStore.showing(disk.directory().resolve("store"))) {
      int fd = create(store, "disk.raw");
      write(fd, 1, PIECES);
      disk.mountAnew();
      store.killDaemon();
      write(fd, 1, 1); // waits for the next one
      Posix.close(fd);
      requirePieces(store, "disk.raw", 1, PIECES);
      assertTrue(store.isReady());
    }
  }

  /** Writes until a sync fails; returns how many pieces were synced before. */
  private static int fillUntilASyncFails(int fd, long seed) {
    int piece = 0;
    int errno = 0;
    while (errno == 0 && piece < MOST_PIECES) {
      int at = piece;
      errno =
          errnoOf(
              () -> {
                for (int i = 0; i < PIECES; i++) {
                  Posix.pwrite(fd, piece(seed + at + i), (long) (at + i) * PIECE);
                }
                Posix.fdatasync(fd);
              });
      piece += errno == 0 ? PIECES : 0;
    }
    assertTrue(errno != 0, "the disk is never full");
    return piece;
  }

  @Test
  void aFlushThatFailedIsRememberedWhenTheDiskIsWell() throws Exception {
    try (OwnDisk disk = OwnDisk.make(XFS, MEBIBYTES);
        MountedStore store = MountedStore.showing(disk.directory().resolve("store"))) {
      int fd = create(store, "disk.raw");
      int synced = fillUntilASyncFails(fd, 1);
      assertEquals("read-only", store.status().path("state").asText());
      store.kill();
      errnoOf(() -> Posix.close(fd));
      disk.resize(2 * MEBIBYTES);
      disk.dropCaches();
      store.mount();
      requirePieces(store, "disk.raw", 1, synced);
      requireNothingElse(store, "disk.raw", 1);
      assertTrue(store.isReady());
    }
  }

  /** Who has the file open must not be told by the next daemon that what it wrote is durable. */
  @Test
  void whoTakesOverAfterAFailedFlushClaimsNothing() throws Exception {
    try (OwnDisk disk = OwnDisk.make(XFS, MEBIBYTES);
        MountedStore store = MountedStore.showing(disk.directory().resolve("store"))) {
      int fd = create(store, "disk.raw");
      int synced = fillUntilASyncFails(fd, 1);
      disk.resize(2 * MEBIBYTES);
      for (int kill = 0; kill < 2; kill++) {
        store.killDaemon();
        Patience.await(
            "a daemon answers", () -> store.status().path("state").asText().length() > 0);
        assertEquals("read-only", store.status().path("state").asText());
        assertEquals(EIO, errnoOf(() -> Posix.fsync(fd)));
        assertEquals(EROFS, errnoOf(() -> Posix.pwrite(fd, new byte[10], 0)));
        assertTrue(Arrays.equals(piece(1), Posix.pread(fd, PIECE, 0)));
      }
      Posix.close(fd);
      store.pando("umount", store.mountpoint().toString());
      store.mount();
      requirePieces(store, "disk.raw", 1, synced);
      assertTrue(store.isReady());
    }
  }
}
