package dev.pando.daemon.fuse.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pando.daemon.fuse.Eventually;
import dev.pando.daemon.fuse.LiveMount;
import dev.pando.daemon.tree.Completion;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What programs do with the bytes of files, on a real mount. */
@Timeout(Patience.HANG_SECONDS)
class DataTest {
  private static final int MEBIBYTE = 1 << 20;

  private static ByteBuffer aligned(int bytes) {
    return ByteBuffer.allocateDirect(bytes + 4096).alignedSlice(4096).limit(bytes);
  }

  private static byte[] random(int bytes) {
    byte[] content = new byte[bytes];
    new Random(1).nextBytes(content);
    return content;
  }

  @Test
  void aDirectReadOrWriteOfAMebibyteIsOneRequest() throws Exception {
    try (LiveMount live = LiveMount.direct()) {
      Files.createFile(live.path("disk"));
      byte[] content = random(4 * MEBIBYTE);
      ByteBuffer buffer = aligned(4 * MEBIBYTE).put(content).flip();
      try (FileChannel channel =
          FileChannel.open(live.path("disk"), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        assertEquals(4 * MEBIBYTE, channel.write(buffer, 0));
        assertEquals(4 * MEBIBYTE, channel.read(buffer.clear().limit(4 * MEBIBYTE), 0));
      }
      List<Integer> four = List.of(MEBIBYTE, MEBIBYTE, MEBIBYTE, MEBIBYTE);
      assertEquals(four, List.copyOf(live.probe.writeLengths()));
      assertEquals(four, List.copyOf(live.probe.readLengths()));
      byte[] read = new byte[4 * MEBIBYTE];
      buffer.flip().get(read);
      assertArrayEquals(content, read);
    }
  }

  @Test
  void anyOffsetAndLengthReadsAndWritesRight() throws Exception {
    try (LiveMount live = LiveMount.direct()) {
      long seed = System.nanoTime();
      Random random = new Random(seed);
      byte[] model = new byte[300_000];
      Files.write(live.path("disk"), model);
      try (FileChannel channel =
          FileChannel.open(live.path("disk"), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        for (int step = 0; step < 500; step++) {
          int offset = random.nextInt(model.length);
          byte[] bytes = new byte[random.nextInt(model.length - offset)];
          if (random.nextBoolean()) {
            random.nextBytes(bytes);
            System.arraycopy(bytes, 0, model, offset, bytes.length);
            channel.write(ByteBuffer.wrap(bytes), offset);
          } else {
            ByteBuffer read = ByteBuffer.wrap(bytes);
            while (read.hasRemaining() && channel.read(read, offset + read.position()) >= 0) {
              // a read may be short; one at the end says so
            }
            byte[] expected = Arrays.copyOfRange(model, offset, offset + bytes.length);
            assertArrayEquals(expected, bytes, "seed " + seed);
          }
        }
      }
    }
  }

  @Test
  void pastTheEndThereIsNothing() throws Exception {
    try (LiveMount live = LiveMount.direct()) {
      Files.write(live.path("disk"), random(1000));
      assertEquals("1000", live.shell("cat disk | wc -c"));
      assertEquals("0", live.shell("dd if=disk bs=1k skip=5 2>/dev/null | wc -c"));
    }
  }

  @Test
  void asynchronousDirectReadsAreAllUnderWayAtOnce() throws Exception {
    assumeTrue(LiveMount.has("fio"), "fio is not installed");
    try (LiveMount live = LiveMount.direct()) {
      Files.write(live.path("disk"), new byte[MEBIBYTE]);
      live.probe.holdReads();
      Process fio =
          live.start(
              "fio --name=t --filename=disk --direct=1 --ioengine=libaio --rw=randread --bs=4k"
                  + " --iodepth=16 --number_ios=64 --randrepeat=1 --size=1m");
      // as many as there are workers to take them
      assertTrue(live.probe.readsWaiting().tryAcquire(16, 5, TimeUnit.MINUTES));
      live.probe.letReadsGo();
      fio.getInputStream().readAllBytes();
      assertEquals(0, fio.waitFor());
    }
  }

  @Test
  void aSynchronousWriteIsDurableBeforeItReturns() throws Exception {
    for (boolean direct : new boolean[] {true, false}) {
      try (LiveMount live = direct ? LiveMount.direct() : LiveMount.cached()) {
        Files.write(live.path("disk"), new byte[8192]);
        try (FileChannel channel =
            FileChannel.open(
                live.path("disk"), StandardOpenOption.WRITE, StandardOpenOption.DSYNC)) {
          channel.write(ByteBuffer.wrap(random(4096)), 0);
        }
        assertTrue(live.probe.counted("syncData") >= 1, "O_DSYNC syncs the data");
        assertEquals(0, direct ? live.probe.counted("sync") : 0);
        try (FileChannel channel =
            FileChannel.open(
                live.path("disk"), StandardOpenOption.WRITE, StandardOpenOption.SYNC)) {
          channel.write(ByteBuffer.wrap(random(4096)), 0);
        }
        assertTrue(live.probe.counted("sync") >= 1, "O_SYNC syncs all");
      }
    }
  }

  @Test
  void aSynchronousWriteWaitsForItsSync() throws Exception {
    try (LiveMount live = LiveMount.direct()) {
      Files.write(live.path("disk"), new byte[8192]);
      live.probe.holdSyncs();
      Process writer = live.start("dd if=/dev/zero of=disk bs=4k count=1 oflag=dsync conv=notrunc");
      Completion sync = live.probe.heldSyncs().poll(5, TimeUnit.MINUTES);
      assertTrue(writer.isAlive());
      sync.completed(0);
      writer.getInputStream().readAllBytes();
      assertEquals(0, writer.waitFor());
    }
  }

  @Test
  void moreSyncsThanWorkersBlockNoReads() throws Exception {
    try (LiveMount live = LiveMount.direct()) {
      Files.write(live.path("disk"), random(8192));
      live.probe.holdSyncs();
      // the kernel syncs one file once at a time
      List<FutureTask<Void>> syncs = new ArrayList<>();
      for (int index = 0; index < 40; index++) {
        Path path = Files.createFile(live.path("disk-" + index));
        syncs.add(new FutureTask<>(() -> sync(path)));
        new Thread(syncs.get(index)).start();
      }
      Eventually.await("all syncs parked", () -> live.probe.heldSyncs().size() == syncs.size());
      assertArrayEquals(random(8192), Files.readAllBytes(live.path("disk")));
      assertFalse(syncs.stream().anyMatch(FutureTask::isDone));
      live.probe.heldSyncs().forEach(sync -> sync.completed(0));
      for (FutureTask<Void> sync : syncs) {
        sync.get(5, TimeUnit.MINUTES);
      }
    }
  }

  private static Void sync(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      channel.force(false);
    }
    return null;
  }

  @Test
  void aDirectorySyncReachesTheFileSystem() throws Exception {
    try (LiveMount live = LiveMount.direct()) {
      live.shell("mkdir d && sync d");
      assertEquals(1, live.probe.counted("syncDirectory"));
    }
  }

  @Test
  void aCopyWithinTheMountIsOneRequest() throws Exception {
    try (LiveMount live = LiveMount.direct()) {
      byte[] content = random(3 * MEBIBYTE + 17);
      Files.write(live.path("disk"), content);
      live.shell("cp disk copy");
      assertArrayEquals(content, live.files.contentOf("copy"));
      assertTrue(live.probe.counted("copyRange") >= 1);
      assertEquals(0, live.probe.readLengths().size());
    }
  }

  @Test
  void spaceIsAllocatedAndPunched() throws Exception {
    try (LiveMount live = LiveMount.direct()) {
      Files.write(live.path("disk"), random(16384));
      live.shell("fallocate -p -o 4096 -l 8192 disk && fallocate -l 20000 disk");
      byte[] expected = Arrays.copyOf(random(16384), 20000);
      Arrays.fill(expected, 4096, 12288, (byte) 0);
      assertArrayEquals(expected, Files.readAllBytes(live.path("disk")));
    }
  }

  @Test
  void theKernelKeepsPagesOfCachedFilesOnly() throws Exception {
    try (LiveMount live = LiveMount.cached()) {
      Files.write(live.path("f"), random(4096));
      live.shell("cat f > /dev/null; cat f > /dev/null");
      assertEquals(0, live.probe.readLengths().size(), "the pages that were written are kept");
    }
    try (LiveMount live = LiveMount.direct()) {
      Files.write(live.path("f"), random(4096));
      live.shell("cat f > /dev/null; cat f > /dev/null");
      assertTrue(live.probe.readLengths().size() >= 2);
    }
  }

  @Test
  void whoeverWritesWithoutTheRightToTakesPrivilegesAway() throws Exception {
    try (LiveMount live = LiveMount.direct()) {
      Files.writeString(live.path("f"), "#!/bin/sh\n");
      live.shell("chmod 755 . && chmod 6777 f");
      String append = "su -s /bin/sh nobody -c 'echo true >> f'";
      live.shell(append);
      assertEquals("777", live.shell("stat -c %a f"));
      int asked = live.probe.counted("setAttributes");
      live.shell("su -s /bin/sh nobody -c '(echo true; echo true; echo true) >> f'");
      assertEquals(asked + 1, live.probe.counted("setAttributes"), "once for an open file");
      live.shell("chmod 4777 f && " + append);
      assertEquals("777", live.shell("stat -c %a f"));
    }
  }

  @Test
  void aFaultOfOursIsAnInputOutputErrorForItsReaderAlone() throws Exception {
    try (LiveMount live = LiveMount.direct()) {
      Files.write(live.path("disk"), random(4096));
      live.probe.failReadsBy(new IllegalStateException("made by a test"));
      assertEquals("EIO", live.shell("cat disk 2>&1 | grep -q 'Input/output error' && echo EIO"));
      live.probe.failReadsBy(null);
      assertArrayEquals(random(4096), Files.readAllBytes(live.path("disk")));
    }
  }
}
