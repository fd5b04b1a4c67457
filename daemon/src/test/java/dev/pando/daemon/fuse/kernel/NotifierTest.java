package dev.pando.daemon.fuse.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.fuse.Eventually;
import dev.pando.daemon.fuse.LiveMount;
import dev.pando.daemon.tree.FileSystem;
import dev.pando.testing.Patience;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the kernel believes, and how it is told better. */
@Timeout(Patience.HANG_SECONDS)
class NotifierTest {
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void attributesAndNamesAreBelievedForLong() throws Exception {
    try (LiveMount live = LiveMount.cached()) {
      Files.writeString(live.path("f"), "x");
      live.shell("stat f");
      int lookups = live.probe.counted("lookup");
      int attributes = live.probe.counted("attributes");
      live.shell("stat f; stat f; ls f");
      assertEquals(lookups, live.probe.counted("lookup"));
      assertEquals(attributes, live.probe.counted("attributes"));
    }
  }

  @Test
  void anInvalidatedFileIsReadAgain() throws Exception {
    try (LiveMount live = LiveMount.cached()) {
      Files.writeString(live.path("f"), "before");
      assertEquals("before", live.shell("cat f"));
      live.files.setContentOf("f", bytes("after!"));
      assertEquals("before", live.shell("cat f"), "the kernel believes what it had");
      live.mount.notifier().invalidateInode(live.files.numberOf("f"));
      Eventually.await("the new content", () -> contentOf(live.path("f")).equals("after!"));
    }
  }

  private static String contentOf(Path path) {
    try {
      return Files.readString(path);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  @Test
  void anInvalidatedNameIsLookedUpAgain() throws Exception {
    try (LiveMount live = LiveMount.cached()) {
      Files.writeString(live.path("old"), "x");
      live.shell("ls -l");
      live.files.renameUnseen("old", "new");
      assertTrue(Files.exists(live.path("old")), "the kernel believes what it had");
      live.mount.notifier().invalidateEntry(FileSystem.ROOT, bytes("old"));
      live.mount.notifier().invalidateEntry(FileSystem.ROOT, bytes("new"));
      Eventually.await("the old name's end", () -> !Files.exists(live.path("old")));
      assertEquals("new", live.shell("ls"));
    }
  }

  @Test
  void whatTheKernelNeverKnewIsNoError() throws Exception {
    try (LiveMount live = LiveMount.cached()) {
      live.mount.notifier().invalidateInode(987654);
      live.mount.notifier().invalidateEntry(987654, bytes("none"));
      live.mount.notifier().invalidateEntry(FileSystem.ROOT, bytes("none"));
      live.mount.notifier().writeBack(987654);
      assertEquals("", live.shell("ls"));
    }
  }

  @Test
  void pagesDirtiedThroughAMappingAreWrittenBackWhenAskedFor() throws Exception {
    try (LiveMount live = LiveMount.direct()) {
      Files.write(live.path("disk"), new byte[8192]);
      // a process of its own: this one must not take page faults that it has to serve
      Process mapper =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xshare:auto",
                  "-cp",
                  Path.of("target", "test-classes").toString(),
                  PageDirtier.class.getName(),
                  live.path("disk").toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try (BufferedReader printed =
          new BufferedReader(
              new InputStreamReader(mapper.getInputStream(), StandardCharsets.UTF_8))) {
        assertEquals("dirty", printed.readLine());
        assertFalse(Arrays.equals(PageDirtier.PATTERN, head(live)), "the kernel holds it back");
        live.mount.notifier().writeBack(live.files.numberOf("disk"));
        assertTrue(Arrays.equals(PageDirtier.PATTERN, head(live)));
      } finally {
        mapper.destroyForcibly().waitFor();
      }
    }
  }

  private static byte[] head(LiveMount live) throws Exception {
    return Arrays.copyOf(live.files.contentOf("disk"), PageDirtier.PATTERN.length);
  }

  @Test
  void afterTheEndNotificationsGoNowhereAndBlockNobody() throws Exception {
    LiveMount live = LiveMount.cached();
    live.close();
    for (int index = 0; index < 3000; index++) {
      live.mount.notifier().invalidateInode(index);
    }
    live.mount.notifier().writeBack(7);
  }
}
