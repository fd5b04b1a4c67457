package dev.pando.daemon;

import static dev.pando.daemon.RunningDaemon.isMounted;
import static dev.pando.daemon.RunningDaemon.with;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlClient;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The daemon as its users meet it: a process, a mount, a socket, signals. */
@Timeout(Patience.HANG_SECONDS)
class DaemonTest {
  @TempDir private Path directory;
  private Path mountpoint;

  @BeforeEach
  void prepare() throws IOException {
    assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "mounting needs root and /dev/fuse");
    directory = directory.toRealPath();
    mountpoint = Files.createDirectory(directory.resolve("mnt"));
  }

  private RunningDaemon daemon(String... options) throws IOException {
    return new RunningDaemon(directory, options);
  }

  private RunningDaemon mounted() throws IOException {
    RunningDaemon daemon = daemon("--attended");
    daemon.ready();
    return daemon;
  }

  @Test
  void aMountAnswersWhenTheDaemonSaysSoAndCommandsReachIt() throws Exception {
    try (RunningDaemon daemon = daemon("--attended")) {
      JsonNode ready = daemon.ready();
      assertTrue(isMounted(mountpoint));
      JsonNode status = daemon.call("status");
      assertEquals(ready, status);
      assertEquals(mountpoint.toString(), status.path("mountpoint").asText());
      assertEquals(directory + "/store", status.path("store").asText());
      assertEquals("kernel", status.path("transport").asText());
      assertEquals(daemon.process().pid(), status.path("pid").asLong());
      assertEquals("ready", status.path("state").asText());
      assertTrue(Files.readString(Path.of(status.path("log").asText())).contains("is mounted at"));
    }
  }

  @Test
  void whenUnmountIsAnsweredAllIsDurableAndGone() throws Exception {
    try (RunningDaemon daemon = mounted()) {
      Files.writeString(mountpoint.resolve("kept"), "kept");
      daemon.call("unmount");
      assertFalse(isMounted(mountpoint));
      assertEquals(List.of(), daemon.registry().mounts());
      try (RunningDaemon next = mounted()) {
        assertEquals("kept", Files.readString(mountpoint.resolve("kept")));
        next.call("unmount");
        assertEquals(0, next.exitCode());
      }
      assertEquals(0, daemon.exitCode());
      assertEquals("", daemon.errors());
    }
    assertOnlyLogsRemain();
  }

  private void assertOnlyLogsRemain() throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("run"))) {
      assertEquals(
          List.of(), files.map(Path::toString).filter(name -> !name.endsWith(".log")).toList());
    }
  }

  @Test
  void aBusyMountIsRefusedAndGoesOnUnlessForced() throws Exception {
    Path file = mountpoint.resolve("f");
    try (RunningDaemon daemon = mounted()) {
      FileChannel open =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      ControlException busy = assertThrows(ControlException.class, () -> daemon.call("unmount"));
      assertEquals(ExitStatus.REFUSED, busy.status());
      assertEquals(4, open.write(ByteBuffer.wrap(new byte[4])));
      ObjectNode force = RunningDaemon.JSON.createObjectNode().put("force", true);
      daemon.call("unmount", force);
      assertFalse(isMounted(mountpoint));
      assertThrows(IOException.class, () -> open.write(ByteBuffer.wrap(new byte[4])));
      assertThrows(IOException.class, open::close);
      assertEquals(0, daemon.exitCode());
    }
  }

  @Test
  void aSignalLetsOpenFilesBeWrittenUntilTheirLastClose() throws Exception {
    Path file = mountpoint.resolve("f");
    try (RunningDaemon daemon = mounted()) {
      try (FileChannel open =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        daemon.process().destroy();
        await(() -> !isMountedUnchecked());
        assertEquals(4, open.write(ByteBuffer.wrap("late".getBytes(StandardCharsets.UTF_8))));
        assertTrue(daemon.process().isAlive());
      }
      daemon.exitCode();
    }
    assertOnlyLogsRemain();
    try (RunningDaemon next = mounted()) {
      assertEquals("late", Files.readString(file));
      next.call("unmount");
    }
  }

  private boolean isMountedUnchecked() {
    try {
      return isMounted(mountpoint);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void await(BooleanSupplier condition) {
    Patience.await("it comes true", condition::getAsBoolean);
  }

  @Test
  void unmountingFromOutsideEndsTheDaemonInOrder() throws Exception {
    try (RunningDaemon daemon = mounted()) {
      Files.writeString(mountpoint.resolve("kept"), "kept");
      assertEquals(0, new ProcessBuilder("umount", mountpoint.toString()).start().waitFor());
      assertEquals(0, daemon.exitCode());
    }
    assertOnlyLogsRemain();
  }

  @Test
  void aCommandKilledHalfWayLeavesNoMountAndNoDaemonBehind() throws Exception {
    try (RunningDaemon daemon = daemon("--attended")) {
      daemon.readyWithoutNote();
      daemon.process().getOutputStream().close();
      daemon.exitCode();
      assertFalse(isMounted(mountpoint));
    }
    try (RunningDaemon daemon = daemon("--attended")) {
      daemon.process().getOutputStream().close();
      daemon.exitCode();
      assertFalse(isMounted(mountpoint));
    }
    assertOnlyLogsRemain();
  }

  @Test
  void aSignalDuringTheStartLeavesNothingBehind() throws Exception {
    try (RunningDaemon daemon = daemon()) {
      Path log = DaemonLog.file(directory.resolve("run"), mountpoint);
      await(() -> Files.exists(log));
      daemon.process().destroy();
      daemon.exitCode();
      assertFalse(isMounted(mountpoint));
    }
    assertOnlyLogsRemain();
  }

  @Test
  void afterAKillWhatWasAcknowledgedIsThereAndTheOldEntryDoesNotCount() throws Exception {
    try (RunningDaemon daemon = mounted()) {
      Files.writeString(mountpoint.resolve("kept"), "kept");
      daemon.process().destroyForcibly();
      daemon.exitCode();
      assertEquals(List.of(), daemon.registry().mounts());
      RunningDaemon.detach(mountpoint);
      try (RunningDaemon next = mounted()) {
        assertEquals("kept", Files.readString(mountpoint.resolve("kept")));
        next.call("unmount");
        next.exitCode();
      }
    }
    assertOnlyLogsRemain();
  }

  @Test
  void aStoppedDaemonCostsACommandTwoSeconds() throws Exception {
    try (RunningDaemon daemon = mounted()) {
      String pid = Long.toString(daemon.process().pid());
      assertEquals(0, new ProcessBuilder("kill", "-STOP", pid).start().waitFor());
      Patience.requireWithin(
          ControlClient.PATIENCE.multipliedBy(5).dividedBy(4),
          () -> {
            ControlException hung = assertThrows(ControlException.class, () -> daemon.call("list"));
            assertEquals(ExitStatus.NO_DAEMON, hung.status());
          });
      assertEquals(0, new ProcessBuilder("kill", "-CONT", pid).start().waitFor());
      assertTrue(daemon.call("list").path("vms").isEmpty());
    }
  }

  @Test
  void aStartThatIsRefusedIsOneSentenceAndLeavesNothing() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "x");
    Path full = Files.createDirectory(directory.resolve("full"));
    Files.writeString(full.resolve("x"), "x");
    String mnt = mountpoint.toString();
    String store = directory.resolve("new-store").toString();
    assertRefused(ExitStatus.MISSING, List.of(store, directory + "/nowhere"));
    assertRefused(ExitStatus.USAGE, List.of(store, file.toString()));
    assertRefused(ExitStatus.REFUSED, List.of(store, full.toString()));
    assertRefused(ExitStatus.REFUSED, List.of(full.toString(), mnt));
    assertRefused(ExitStatus.USAGE, List.of(store, mnt), "-o", "ro,sync");
    assertRefused(ExitStatus.USAGE, List.of(store, mnt), "--fast");
    assertRefused(ExitStatus.USAGE, List.of(store));
    assertRefused(ExitStatus.USAGE, List.of(mnt + "/store", mnt));
    assertRefused(ExitStatus.USAGE, List.of(mnt, mnt));
    assertRefused(ExitStatus.FAILED, List.of("/proc/store", mnt));
    assertFalse(Files.exists(Path.of(store)));
  }

  private void assertRefused(ExitStatus status, List<String> paths, String... options)
      throws Exception {
    try (RunningDaemon daemon = new RunningDaemon(directory, paths, options)) {
      int code = daemon.exitCode();
      String last = daemon.errors().lines().reduce("", (before, line) -> line);
      assertEquals(status.number(), code, daemon.errors());
      assertTrue(last.startsWith("pando: "), daemon.errors());
      assertFalse(daemon.errors().contains("\tat "), daemon.errors());
      assertFalse(isMounted(mountpoint));
    }
  }

  @Test
  void aStoreInUseAndAMountInUseAreRefused() throws Exception {
    Path other = Files.createDirectory(directory.resolve("other"));
    try (RunningDaemon daemon = mounted()) {
      assertEquals("ready", daemon.call("status").path("state").asText());
      assertRefusedBeside(List.of(directory + "/store", other.toString()));
      assertRefusedBeside(List.of(directory + "/store2", mountpoint.toString()));
      assertFalse(Files.exists(directory.resolve("store2")));
      assertFalse(isMounted(other));
    }
  }

  private void assertRefusedBeside(List<String> paths) throws Exception {
    Path beside = Files.createTempDirectory(directory, "beside");
    try (RunningDaemon daemon = new RunningDaemon(beside, paths)) {
      assertEquals(ExitStatus.REFUSED.number(), daemon.exitCode(), daemon.errors());
    }
  }

  @Test
  void machinesAreImportedFrozenClonedShownAndRemovedByCommands() throws Exception {
    Path source = Files.createDirectory(directory.resolve("golden"));
    Files.writeString(
        source.resolve("golden.vmx"),
        """
        .encoding = "UTF-8"
        displayName = "golden"
        scsi0:0.present = "TRUE"
        scsi0:0.fileName = "golden.vmdk"
        ethernet0.present = "TRUE"
        uuid.bios = "56 4d 4b e9 1a bb 22 3a-b0 91 06 4e b4 c4 94 22"
        """);
    Files.writeString(
        source.resolve("golden.vmdk"),
        """
        # Disk DescriptorFile
        version=1
        CID=fffffffe
        parentCID=ffffffff
        createType="monolithicFlat"
        RW 2048 FLAT "golden-flat.vmdk" 0
        ddb.uuid = "60 00 C2 9d 56 0f 1e 8d-6c 3b 8c 0e 3b 6c 7c 0e"
        """);
    Files.write(source.resolve("golden-flat.vmdk"), new byte[1 << 20]);
    try (RunningDaemon daemon = mounted()) {
      JsonNode imported = daemon.call("import", with("path", source.toString()));
      assertEquals("golden", imported.path("name").asText());
      assertEquals(1, daemon.call("freeze", with("vm", "golden")).path("generation").asInt());
      ObjectNode request = with("source", "golden");
      request.putArray("names").add("course/s01").add("course/s02");
      assertEquals(2, daemon.call("clone", request).path("vms").size());
      JsonNode clone = daemon.call("show", with("vm", "course/s01"));
      assertEquals("linked-clone", clone.path("kind").asText());
      assertEquals("golden", clone.path("parent").path("name").asText());
      assertEquals(1, clone.path("parent").path("generation").asInt());
      assertFalse(clone.path("parent").path("deleted").asBoolean(true));
      assertTrue(clone.path("uuid").asText().startsWith("564d"));
      assertEquals("s01.vmdk", clone.path("disks").path(0).path("file").asText());
      assertEquals(1 << 20, clone.path("disks").path(0).path("sizeBytes").asLong());
      assertEquals(1, clone.path("macs").size());
      assertTrue(Files.exists(mountpoint.resolve("course/s01/s01-flat.vmdk")));
      assertEquals(3, daemon.call("list").path("vms").size());
      ControlException taken =
          assertThrows(ControlException.class, () -> daemon.call("clone", request));
      assertEquals(ExitStatus.REFUSED, taken.status());
      ControlException missing =
          assertThrows(ControlException.class, () -> daemon.call("show", with("vm", "nobody")));
      assertEquals(ExitStatus.MISSING, missing.status());
      ObjectNode names = RunningDaemon.JSON.createObjectNode();
      names.putArray("vms").add("course/s01");
      assertTrue(daemon.call("space", names).has("freedIfRemovedBytes"));
      assertEquals(1, daemon.call("remove", names).path("vms").size());
      assertEquals(2, daemon.call("list").path("vms").size());
      assertEquals("golden", daemon.call("thaw", with("vm", "golden")).path("name").asText());
    }
  }
}
