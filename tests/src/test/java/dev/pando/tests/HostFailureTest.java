package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.tests.conformance.Posix;
import dev.pando.tests.conformance.PosixException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The host's disk fails while it is written: whoever syncs is told, the store takes no changes any
 * more and says so, and what is read is right. The disk is an ext4 on a sparse image in a tmpfs
 * that is too small for it: what is written back finds no memory.
 */
class HostFailureTest {
  private static final int EIO = 5;
  private static final int ENOSPC = 28;
  private static final int EROFS = 30;
  private static final int PIECE = 1 << 20;
  private static final int MOST_PIECES = 2000;

  @Test
  void afterAFailedSyncTheStoreIsReadOnlyAndSaysSo() throws Exception {
    Path work = Files.createTempDirectory("pando-failing-");
    try {
      Program.shell(
              """
              set -e
              mkdir "$1/memory" "$1/disk"
              mount -t tmpfs -o size=420m none "$1/memory"
              truncate -s 3G "$1/memory/image"
              mke2fs -q -t ext4 -E nodiscard -F "$1/memory/image"
              mount -o loop "$1/memory/image" "$1/disk"
              """,
              work)
          .run()
          .succeeded();
      fail(work.resolve("disk/store"));
    } finally {
      Program.shell(
              "umount \"$1/disk\"; umount \"$1/memory\"; rm -rf --one-file-system \"$1\"", work)
          .within(120)
          .run();
    }
  }

  private static void fail(Path place) throws IOException {
    MountedStore store = MountedStore.showing(place);
    try {
      fail(store);
    } finally {
      store.pando("umount", "--force", store.mountpoint().toString());
    }
    store.close();
  }

  private static void fail(MountedStore store) throws IOException {
    byte[] early = new byte[PIECE];
    new Random(1).nextBytes(early);
    int fd = Posix.open(store.at("disk.raw"), Posix.O_CREAT | Posix.O_RDWR, 0600);
    Posix.pwrite(fd, early, 0);
    Posix.fsync(fd);
    int errno = 0;
    for (int piece = 1; piece < MOST_PIECES && errno == 0; piece++) {
      byte[] data = new byte[PIECE];
      new Random(piece).nextBytes(data);
      try {
        Posix.pwrite(fd, data, (long) piece * PIECE);
        Posix.fdatasync(fd);
      } catch (PosixException refused) {
        errno = refused.errno();
      }
    }
    assertTrue(errno == EIO || errno == EROFS || errno == ENOSPC, "errno " + errno);
    assertEquals("read-only", store.status().path("state").asText());
    assertEquals(EROFS, errnoOf(() -> Posix.pwrite(fd, early, 0)));
    assertEquals(EIO, errnoOf(() -> Posix.fsync(fd)));
    assertEquals(EROFS, errnoOf(() -> Posix.mkdir(store.at("new"), 0700)));
    try {
      assertArrayEquals(early, Posix.pread(fd, PIECE, 0));
    } catch (PosixException unreadable) {
      assertEquals(EIO, unreadable.errno()); // the host can not read it either
    }
    Posix.close(fd);
    ProcessHandle keeper = store.keeper().orElseThrow();
    // it says that not all is durable, and ends
    Outcome unmounted = store.pando("umount", store.mountpoint().toString());
    assertTrue(unmounted.exitCode() != 0, unmounted::toString);
    Daemons.awaitEnd(keeper);
  }

  private static int errnoOf(Runnable call) {
    try {
      call.run();
      return 0;
    } catch (PosixException refused) {
      return refused.errno();
    }
  }
}
