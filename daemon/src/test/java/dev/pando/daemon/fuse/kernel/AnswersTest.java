package dev.pando.daemon.fuse.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pando.daemon.fuse.LiveMount;
import dev.pando.daemon.fuse.Mount;
import dev.pando.daemon.fuse.MountOptions;
import dev.pando.daemon.fuse.RefusingFileSystem;
import dev.pando.daemon.tree.Attributes;
import dev.pando.daemon.tree.Caller;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.OpenFile;
import dev.pando.testing.Patience;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(Patience.HANG_SECONDS)
class AnswersTest {
  private static final long NODE = 5;

  @TempDir Path mountpoint;
  private final CountDownLatch answered = new CountDownLatch(1);
  private final CountDownLatch mayGo = new CountDownLatch(1);
  private volatile int linkCount = 2;

  /** One directory, {@code d}; the answer to the first question about it is held up. */
  private final class SlowFileSystem extends RefusingFileSystem {
    @Override
    public void lookup(long parent, byte[] name, Attributes out) throws ErrnoException {
      if (name[0] != 'd') {
        throw new ErrnoException(Errno.ENOENT);
      }
      attributes(NODE, out);
      answered.countDown();
      try {
        mayGo.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void attributes(long node, Attributes out) {
      out.node = node;
      out.mode = 040755;
      out.linkCount = linkCount;
    }

    @Override
    public OpenFile open(long node, int flags, Caller caller) throws ErrnoException {
      throw new ErrnoException(Errno.EISDIR);
    }

    @Override
    public void readDirectory(long node, long cookie, boolean withAttributes, DirectorySink sink) {}
  }

  private String links() throws Exception {
    Process stat =
        new ProcessBuilder("stat", "-c", "%h", mountpoint.resolve("d").toString()).start();
    return new String(stat.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
  }

  @Test
  void anAnswerFromBeforeAChangeIsNotBelievedAfterItsNotification() throws Exception {
    LiveMount.requireFuse();
    Mount mount =
        new KernelTransport().mount(new SlowFileSystem(), mountpoint, MountOptions.DEFAULT);
    try {
      CompletableFuture<String> first =
          CompletableFuture.supplyAsync(this::linksUnchecked, task -> new Thread(task).start());
      answered.await();
      linkCount = 3;
      CompletableFuture<Void> told =
          CompletableFuture.runAsync(() -> tell(mount), task -> new Thread(task).start());
      // the notification waits: sent now it would be about a node that the kernel does not know yet
      assertThrows(TimeoutException.class, () -> told.get(300, TimeUnit.MILLISECONDS));
      mayGo.countDown();
      told.get();
      assertEquals("2", first.get());
      assertEquals("3", links());
    } finally {
      mayGo.countDown();
      mount.abort();
    }
  }

  private String linksUnchecked() {
    try {
      return links();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static void tell(Mount mount) {
    try {
      mount.notifier().writeBack(NODE);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void absentNamesAreRememberedUntilTheirNotification() throws Exception {
    try (LiveMount live = LiveMount.cached()) {
      live.shell("stat none || true");
      int lookups = live.probe.counted("lookup");
      live.shell("stat none || stat none || true");
      assertEquals(lookups, live.probe.counted("lookup"));
      Files.writeString(live.path("f"), "x");
      live.files.renameUnseen("f", "none");
      live.mount.notifier().invalidateEntry(1, "none".getBytes(StandardCharsets.UTF_8));
      live.mount.notifier().writeBack(1);
      assertEquals("x", live.shell("cat none"));
    }
  }
}
