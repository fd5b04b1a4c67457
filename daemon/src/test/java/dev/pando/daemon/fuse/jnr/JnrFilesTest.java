package dev.pando.daemon.fuse.jnr;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreOptions;
import dev.pando.daemon.fuse.Eventually;
import dev.pando.daemon.fuse.LiveMount;
import dev.pando.daemon.fuse.Mount;
import dev.pando.daemon.fuse.MountOptions;
import dev.pando.daemon.tree.Completion;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What programs do with files on a mount through libfuse. */
@Timeout(Patience.HANG_SECONDS)
class JnrFilesTest {
  private static final int KIBIBYTE = 1 << 10;

  @TempDir private Path directory;

  private static LiveMount images() throws IOException {
    return LiveMount.with(new JnrFuseTransport(), true, MountOptions.DEFAULT);
  }

  private static LiveMount smallFiles() throws IOException {
    return LiveMount.with(new JnrFuseTransport(), false, MountOptions.DEFAULT);
  }

  private static byte[] random(int bytes) {
    byte[] content = new byte[bytes];
    new Random(1).nextBytes(content);
    return content;
  }

  @Test
  void aRequestCarriesUpTo128KiB() throws Exception {
    try (LiveMount live = images()) {
      byte[] content = random(256 * KIBIBYTE);
      Files.write(live.path("disk"), content, StandardOpenOption.CREATE);
      assertArrayEquals(content, live.files.contentOf("disk"));
      assertTrue(live.probe.writeLengths().stream().anyMatch(bytes -> bytes > 4096));
      live.shell("dd if=disk of=/dev/null bs=256k count=1 iflag=direct");
      assertEquals(List.of(128 * KIBIBYTE, 128 * KIBIBYTE), List.copyOf(live.probe.readLengths()));
    }
  }

  @Test
  void aNameIsBytes() throws Exception {
    try (LiveMount live = images()) {
      live.shell(
          "name=$(printf 'a\\377\\201 b'); mkdir \"$name\" && echo x > \"$name/$name\" && mv"
              + " \"$name/$name\" \"$name/\\$name$name\" && ln -s \"$name\" link && cat"
              + " \"link/\\$name$name\"");
      assertEquals("a\\377\\201\\ b", live.shell("ls -b | head -n 1"));
      assertEquals(
          "a\\377\\201\\ b",
          live.shell("readlink link | LC_ALL=C sed -n l | tr -d '$' " + "| sed 's/ /\\\\ /'"));
    }
  }

  @Test
  void anOpenFileWithoutANameLivesOnAndIsSeenNowhere() throws Exception {
    try (LiveMount live = smallFiles()) {
      assertEquals(
          "0 11 600",
          live.shell(
              "exec 3<>f; rm f; ls -A; echo still here >&3; chmod 600 /proc/self/fd/3;"
                  + " stat -L -c '%h %s %a' /proc/self/fd/3; cat /proc/self/fd/3 > /dev/null"));
      Eventually.await("the last close", () -> live.probe.openFiles() == 0);
      assertEquals("", live.shell("ls -A"));
    }
  }

  @Test
  void aReplacedOpenFileKeepsItsContent() throws Exception {
    try (LiveMount live = smallFiles()) {
      assertEquals(
          "new\nold\n0",
          live.shell(
              "echo old > f; echo new > g; exec 3< f; mv g f; cat f; cat <&3;"
                  + " stat -L -c %h /proc/self/fd/3"));
      assertEquals("f", live.shell("ls -A"));
    }
  }

  @Test
  void aRefusedReplacementOfAnOpenFileChangesNothing() throws Exception {
    try (LiveMount live = smallFiles()) {
      live.shell("echo old > f; mkdir d; exec 3< f; ! mv -T d f 2>/dev/null; test -d d");
      assertEquals("old", live.shell("cat f"));
      live.shell("rm f; rmdir d");
      assertEquals("", live.shell("ls -A"));
    }
  }

  @Test
  void oneOfTwoNamesOfAnOpenFileGoesAndTheOtherCounts() throws Exception {
    try (CowStore store = CowStore.open(directory, StoreOptions.defaults().withCreate(true))) {
      Path mountpoint = Files.createTempDirectory("pando-mount");
      Mount mount =
          new JnrFuseTransport().mount(PandoTree.open(store), mountpoint, MountOptions.DEFAULT);
      try {
        Process process =
            new ProcessBuilder(
                    "sh",
                    "-c",
                    "echo x > a; ln a b; exec 3< a; rm a; stat -L -c %h /proc/self/fd/3 b; ls")
                .directory(mountpoint.toFile())
                .start();
        assertEquals("1\n1\nb\n", new String(process.getInputStream().readAllBytes(), UTF_8));
      } finally {
        mount.unmount();
        Files.delete(mountpoint);
      }
    }
  }

  @Test
  void aLongDirectoryIsListedOnceEach() throws Exception {
    try (LiveMount live = smallFiles()) {
      live.shell("mkdir d; cd d; i=0; while [ $i -lt 3000 ]; do : > file-$i; i=$((i+1)); done");
      assertEquals("3002", live.shell("ls -f d | sort -u | wc -l"));
      assertEquals("3000", live.shell("find d -type f | wc -l"));
      live.shell("rm -r d");
    }
  }

  @Test
  void aFaultOfOursIsAnInputOutputErrorForItsReaderAlone() throws Exception {
    try (LiveMount live = images()) {
      Files.write(live.path("disk"), random(4096));
      live.probe.failReadsBy(new IllegalStateException("made by a test"));
      IOException failed =
          assertThrows(IOException.class, () -> Files.readAllBytes(live.path("disk")));
      assertTrue(failed.getMessage().contains("Input/output error"), failed.getMessage());
      live.probe.failReadsBy(null);
      assertArrayEquals(random(4096), Files.readAllBytes(live.path("disk")));
    }
  }

  @Test
  void aSynchronousWriteWaitsForItsSync() throws Exception {
    try (LiveMount live = images()) {
      Files.write(live.path("disk"), new byte[8192]);
      live.probe.holdSyncs();
      for (String flag : List.of("dsync", "sync")) {
        Process writer =
            live.start("dd if=/dev/zero of=disk bs=4k count=1 oflag=" + flag + " conv=notrunc");
        Completion sync = live.probe.heldSyncs().poll(5, TimeUnit.MINUTES);
        assertTrue(writer.isAlive());
        sync.completed(0);
        writer.getInputStream().readAllBytes();
        assertEquals(0, writer.waitFor());
      }
      assertEquals(1, live.probe.counted("syncData"));
      assertEquals(1, live.probe.counted("sync"));
    }
  }

  @Test
  void aFileAndADirectoryAreSynced() throws Exception {
    try (LiveMount live = smallFiles()) {
      live.shell("mkdir d; echo x > d/f; sync d/f d");
      assertEquals(1, live.probe.counted("sync"));
      assertEquals(1, live.probe.counted("syncDirectory"));
    }
  }

  @Test
  void imagesAreNeverCachedAndSmallFilesUntilTheNextOpen() throws Exception {
    try (LiveMount live = images()) {
      Files.write(live.path("disk"), random(4096));
      try (FileChannel open = FileChannel.open(live.path("disk"))) {
        open.read(ByteBuffer.allocate(4096), 0);
        open.read(ByteBuffer.allocate(4096), 0);
      }
      assertEquals(2, live.probe.readLengths().size());
    }
    try (LiveMount live = smallFiles()) {
      Files.write(live.path("f"), random(4096));
      for (int time = 0; time < 2; time++) {
        try (FileChannel open = FileChannel.open(live.path("f"))) {
          open.read(ByteBuffer.allocate(4096), 0);
          open.read(ByteBuffer.allocate(4096), 0);
        }
      }
      assertEquals(2, live.probe.readLengths().size());
    }
  }

  @Test
  void whoeverWritesWithoutTheRightToTakesPrivilegesAway() throws Exception {
    for (boolean direct : new boolean[] {true, false}) {
      try (LiveMount live = direct ? images() : smallFiles()) {
        Files.writeString(live.path("f"), "#!/bin/sh\n");
        live.shell("chmod 755 . && chmod 6777 f");
        live.shell("su -s /bin/sh nobody -c 'echo true >> f'");
        assertEquals("777", live.shell("stat -c %a f"), "by a write");
        live.shell("chmod 4777 f; su -s /bin/sh nobody -c 'truncate -s 3 f'");
        assertEquals("777", live.shell("stat -c %a f"), "by a truncation");
        live.shell("chmod 4777 f; chown nobody f");
        assertEquals("777", live.shell("stat -c %a f"), "by a new owner");
      }
    }
  }

  @Test
  void aTimeMayBeNowOrLeftAlone() throws Exception {
    try (LiveMount live = smallFiles()) {
      live.shell("touch -d @1000000.123456789 f; touch -a f");
      assertEquals("1000000", live.shell("stat -c %Y f"));
      assertTrue(Long.parseLong(live.shell("stat -c %X f")) > 1_000_000_000L);
      live.shell("touch -m f");
      assertTrue(Long.parseLong(live.shell("stat -c %Y f")) > 1_000_000_000L);
    }
  }

  @Test
  void spaceIsPunched() throws Exception {
    try (LiveMount live = images()) {
      Files.write(live.path("disk"), random(16384));
      live.shell("fallocate -p -o 4096 -l 8192 disk && fallocate -l 20000 disk");
      byte[] expected = Arrays.copyOf(random(16384), 20000);
      Arrays.fill(expected, 4096, 12288, (byte) 0);
      assertArrayEquals(expected, Files.readAllBytes(live.path("disk")));
    }
  }

  @Test
  void moreReadersThanThreadsAreAllServed() throws Exception {
    try (LiveMount live = images()) {
      Files.write(live.path("disk"), random(4096));
      live.probe.holdReads();
      Process readers =
          live.start("i=0; while [ $i -lt 50 ]; do cat disk > /dev/null & i=$((i+1)); done; wait");
      assertTrue(
          live.probe.readsWaiting().tryAcquire(JnrFuseTransport.THREADS, 2, TimeUnit.MINUTES));
      live.probe.letReadsGo();
      assertTrue(Patience.ends(readers, Duration.ofMinutes(2)));
    }
  }
}
