package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Law 3: what the daemon acknowledged survives {@code kill -9}. */
class CrashTest {
  private static final int DISK_MEBIBYTES = 32;
  private static final int BLOCK_BYTES = 4096;
  private static final int BLOCKS = DISK_MEBIBYTES << 20 >> 12;
  private static final int KILLS = 3 * Integer.getInteger("pando.long", 1);
  private static final int WRITERS = 4;

  /** Writes numbered blocks and notes what was acknowledged, until the daemon is gone. */
  private static final class Writer {
    private final Path disk;
    private final int index;
    private final Random random;
    private final CountDownLatch warm = new CountDownLatch(500);

    /** By block: the number that was acknowledged last, and the one that was tried last. */
    private final long[] acknowledged;

    private final long[] tried;

    Writer(Path disk, int index, long seed, long[] acknowledged, long[] tried) {
      this.disk = disk;
      this.index = index;
      this.random = new Random(seed + index);
      this.acknowledged = acknowledged;
      this.tried = tried;
    }

    void run() {
      ByteBuffer data = ByteBuffer.allocateDirect(BLOCK_BYTES);
      try (FileChannel channel = FileChannel.open(disk, StandardOpenOption.WRITE)) {
        while (true) {
          // each writer has blocks of its own
          int block = random.nextInt(BLOCKS / WRITERS) * WRITERS + index;
          long number = tried[block] + 1;
          tried[block] = number;
          fill(data, block, number);
          while (data.hasRemaining()) {
            channel.write(data, (long) block * BLOCK_BYTES + data.position());
          }
          acknowledged[block] = number;
          warm.countDown();
        }
      } catch (IOException daemonIsGone) {
        // the write that met this was not acknowledged
      }
    }
  }

  private static void fill(ByteBuffer data, int block, long number) {
    data.clear();
    while (data.hasRemaining()) {
      data.putLong(((long) block << 40) ^ number);
    }
    data.flip();
  }

  @Test
  void nothingAcknowledgedIsLostToKill9UnderLoad() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", DISK_MEBIBYTES);
      store.pando("clone", "base", "s01").succeeded();
      Path disk = store.at("s01/s01-flat.vmdk");
      long[] acknowledged = new long[BLOCKS];
      long[] tried = new long[BLOCKS];
      for (int kill = 0; kill < KILLS; kill++) {
        Writer[] writers = new Writer[WRITERS];
        CompletableFuture<?>[] running = new CompletableFuture<?>[WRITERS];
        for (int i = 0; i < WRITERS; i++) {
          writers[i] = new Writer(disk, i, seed + kill * 31L, acknowledged, tried);
          running[i] =
              CompletableFuture.runAsync(writers[i]::run, task -> new Thread(task).start());
        }
        for (Writer writer : writers) {
          writer.warm.await();
        }
        store.kill();
        CompletableFuture.allOf(running).join();
        store.mount();
        verify(disk, acknowledged, tried);
      }
      Program.shell(
              "cmp \"$1\" \"$2\"",
              store.at("base/base-flat.vmdk"),
              store.work().resolve("host/base/base-flat.vmdk"))
          .run()
          .succeeded();
    }
  }

  /** Each block has the number acknowledged last, or one that was tried after it, whole. */
  private static void verify(Path disk, long[] acknowledged, long[] tried) throws IOException {
    ByteBuffer data = ByteBuffer.allocate(BLOCK_BYTES);
    try (FileChannel channel = FileChannel.open(disk, StandardOpenOption.READ)) {
      for (int block = 0; block < BLOCKS; block++) {
        if (tried[block] == 0) {
          continue;
        }
        data.clear();
        channel.read(data, (long) block * BLOCK_BYTES);
        data.flip();
        if (acknowledged[block] == 0) {
          // the only write was cut off: old or new, by sectors; nothing was promised
          continue;
        }
        for (int i = 0; i < BLOCK_BYTES; i += Long.BYTES) {
          long number = data.getLong(i) ^ ((long) block << 40);
          assertTrue(
              number >= acknowledged[block] && number <= tried[block],
              "block "
                  + block
                  + " has "
                  + number
                  + " where "
                  + acknowledged[block]
                  + " was acknowledged and "
                  + tried[block]
                  + " tried");
        }
      }
    }
  }

  @Test
  void aCloneThatWasAcknowledgedSurvivesKill9() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      TinyVm base = store.template("base", 4);
      store.pando("clone", "base", "s", "--count", "5").succeeded();
      Files.writeString(store.at("s05/s05.vmsd"), "acknowledged");
      store.kill();
      store.mount();
      assertTrue(store.names().containsAll(java.util.List.of("base", "s01", "s05")));
      assertTrue(Files.readString(store.at("s05/s05.vmsd")).equals("acknowledged"));
      Program.shell("cmp \"$1\" \"$2\"", base.disk(), store.at("s03/s03-flat.vmdk"))
          .run()
          .succeeded();
      store.pando("freeze", "s01").succeeded();
      store.kill();
      store.mount();
      assertTrue(store.json("show", "s01").path("kind").asText().equals("template"));
    }
  }
}
