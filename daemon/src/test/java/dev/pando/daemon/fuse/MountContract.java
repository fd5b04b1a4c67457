package dev.pando.daemon.fuse;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.fuse.MountException.Reason;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How a mount comes and goes, whatever the transport. */
@Timeout(Patience.HANG_SECONDS)
public abstract class MountContract {
  @TempDir private Path directory;

  /** For each transport. */
  protected MountContract() {}

  /** The transport that is to keep to this. */
  protected abstract Transport transport();

  /** What the names of its threads begin with, for as long as it serves a mount. */
  protected abstract Set<String> threadNames();

  /** How many threads serve a mount. */
  protected abstract int threadsOfAMount();

  private LiveMount live() throws IOException {
    return live(LiveMount.UNCACHED);
  }

  private LiveMount live(MountOptions options) throws IOException {
    return LiveMount.with(transport(), true, options);
  }

  private Reason refusal(Path mountpoint) throws IOException {
    LiveMount.requireFuse();
    Path image = Files.createFile(directory.resolve("image-" + System.nanoTime()));
    MountException refused =
        assertThrows(
            MountException.class,
            () ->
                transport()
                    .mount(new OneFileSystem(image, true), mountpoint, MountOptions.DEFAULT));
    assertTrue(refused.getMessage().contains(mountpoint.getFileName().toString()));
    return refused.reason();
  }

  @Test
  public void aMountpointThatWillNotDoIsRefusedByItsReason() throws Exception {
    assertEquals(Reason.MISSING, refusal(directory.resolve("none")));
    Path file = Files.createFile(directory.resolve("file"));
    assertEquals(Reason.NOT_A_DIRECTORY, refusal(file));
    Path full = Files.createDirectory(directory.resolve("full"));
    Files.createFile(full.resolve("entry"));
    assertEquals(Reason.NOT_EMPTY, refusal(full));
    try (LiveMount live = live()) {
      assertEquals(Reason.ALREADY_MOUNTED, refusal(live.root));
    }
  }

  @Test
  public void afterAnUnmountEverythingIsGivenBack() throws Exception {
    LiveMount warmUp = live();
    warmUp.close();
    Eventually.await("no threads from before", () -> threads() == 0);
    List<String> before = descriptors();
    LiveMount live = live();
    Files.writeString(live.path("f"), "x");
    assertEquals(Mount.State.SERVING, live.mount.state());
    assertEquals(threadsOfAMount(), threads());
    live.mount.unmount();
    assertEquals(Mount.State.ENDED, live.mount.state());
    Eventually.await("the ends of all threads", () -> threads() == 0);
    // what an earlier test left may be closed meanwhile: only what there is more of is a leak
    List<String> leaked = descriptors();
    before.forEach(leaked::remove);
    assertEquals(List.of(), leaked);
    assertFalse(Files.exists(live.path("f")));
    assertEquals(0, live.probe.openFiles());
    live.mount.unmount();
    live.mount.detach();
    live.mount.abort();
    live.close();
  }

  private long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> threadNames().stream().anyMatch(name::startsWith))
        .count();
  }

  /** What each open descriptor of this process leads to. */
  private static List<String> descriptors() throws IOException {
    List<String> targets = new ArrayList<>();
    try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path descriptor : open) {
        targets.add(Files.readSymbolicLink(descriptor).toString());
      }
    }
    return targets;
  }

  @Test
  public void aMountInUseIsBusyAndServesOn() throws Exception {
    try (LiveMount live = live()) {
      Files.writeString(live.path("f"), "content");
      try (InputStream open = Files.newInputStream(live.path("f"))) {
        MountException busy = assertThrows(MountException.class, live.mount::unmount);
        assertEquals(Reason.BUSY, busy.reason());
        assertEquals("content", new String(open.readAllBytes(), US_ASCII));
      }
      live.mount.unmount();
    }
  }

  @Test
  public void aDetachedMountServesUntilTheLastClose() throws Exception {
    try (LiveMount live = live()) {
      Files.writeString(live.path("f"), "content");
      try (InputStream open = Files.newInputStream(live.path("f"))) {
        live.mount.detach();
        assertEquals(Mount.State.DETACHED, live.mount.state());
        assertFalse(Files.exists(live.path("f")));
        assertEquals("content", new String(open.readAllBytes(), US_ASCII));
        assertFalse(live.mount.awaitEnd(Duration.ZERO));
      }
      assertTrue(live.mount.awaitEnd(Duration.ofMinutes(2)));
      assertEquals(0, live.probe.openFiles());
    }
  }

  @Test
  public void anAbortEndsAMountInUse() throws Exception {
    try (LiveMount live = live()) {
      Files.writeString(live.path("f"), "content");
      try (InputStream open = Files.newInputStream(live.path("f"))) {
        live.mount.abort();
        assertEquals(Mount.State.ENDED, live.mount.state());
        assertThrows(IOException.class, open::read);
      }
      assertEquals(0, live.probe.openFiles(), "what nobody could close was released");
    }
  }

  @Test
  public void aDetachedMountCanStillBeAborted() throws Exception {
    try (LiveMount live = live()) {
      Files.writeString(live.path("f"), "content");
      try (InputStream open = Files.newInputStream(live.path("f"))) {
        live.mount.detach();
        live.mount.abort();
        assertThrows(IOException.class, open::read);
      }
    }
  }

  @Test
  public void anUnmountFromOutsideIsNoticed() throws Exception {
    try (LiveMount live = live()) {
      Process umount = new ProcessBuilder("umount", live.root.toString()).start();
      assertEquals(0, umount.waitFor());
      assertTrue(live.mount.awaitEnd(Duration.ofMinutes(2)));
      assertEquals(Mount.State.ENDED, live.mount.state());
      live.mount.unmount();
    }
  }

  @Test
  public void aClientKilledInTheMiddleOfAReadHarmsNobody() throws Exception {
    try (LiveMount live = live()) {
      Files.write(live.path("disk"), new byte[1 << 20]);
      live.probe.holdReads();
      Process reader = live.start("exec cat disk");
      assertTrue(live.probe.readsWaiting().tryAcquire(2, TimeUnit.MINUTES));
      reader.destroyForcibly();
      live.probe.letReadsGo();
      assertTrue(reader.waitFor(2, TimeUnit.MINUTES));
      Eventually.await("the dead reader's close", () -> live.probe.openFiles() == 0);
      assertEquals(1 << 20, Files.readAllBytes(live.path("disk")).length);
      live.mount.unmount();
    }
  }

  @Test
  public void aReadOnlyMountTakesNoChanges() throws Exception {
    try (LiveMount live = live(MountOptions.DEFAULT.withReadOnly(true))) {
      FileSystemException refused =
          assertThrows(FileSystemException.class, () -> Files.createFile(live.path("f")));
      assertTrue(refused.getMessage().contains("Read-only"), refused.getMessage());
    }
  }

  @Test
  public void theTableOfMountsSaysWhatWasAskedFor() throws Exception {
    try (LiveMount live =
        live(MountOptions.DEFAULT.withNoAccessTimes(true).withAllowOther(false))) {
      String line =
          Files.readAllLines(Path.of("/proc/self/mounts")).stream()
              .filter(entry -> entry.contains(live.root.toString()))
              .findFirst()
              .orElseThrow();
      assertTrue(line.startsWith("pando " + live.root + " fuse.pando rw,nosuid,nodev,noatime"));
      assertTrue(line.contains("default_permissions"));
      assertFalse(line.contains("allow_other"));
    }
  }

  @Test
  public void aSpaceInTheNameOfAMountpointDoesNoHarm() throws Exception {
    LiveMount.requireFuse();
    Path mountpoint = Files.createDirectory(directory.resolve("my clones \\040"));
    Path image = Files.createFile(directory.resolve("image"));
    Mount mount =
        transport().mount(new OneFileSystem(image, true), mountpoint, MountOptions.DEFAULT);
    assertTrue(Files.exists(mountpoint.resolve(OneFileSystem.NAME)));
    mount.unmount();
    assertFalse(Files.exists(mountpoint.resolve(OneFileSystem.NAME)));
  }
}
