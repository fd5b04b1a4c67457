package dev.pando.daemon.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.host.HostUser;
import dev.pando.daemon.host.ProcessFiles;
import dev.pando.daemon.host.ProcessStart;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MountRegistryTest {
  private static final HostUser ROOT = new HostUser(0, 0, Set.of());
  private static final HostUser ANN = new HostUser(7, 7, Set.of());

  @TempDir private Path temporary;
  private Path directory;
  private MountRegistry registry;
  private MountEntry own;

  @BeforeEach
  void prepare() throws ControlException {
    directory = temporary.resolve("run");
    RuntimeDirectory.prepare(directory);
    registry = new MountRegistry(directory);
    own =
        registry.ownEntry(
            Path.of("/mnt \u03c0"), Path.of("/store"), "kernel", OptionalLong.empty());
  }

  @Test
  void aMountIsKnownFromPublishingToWithdrawing() throws IOException {
    assertEquals(List.of(), registry.mounts());
    registry.publish(own);
    assertEquals(List.of(own), registry.mounts());
    assertEquals(Optional.of(own), registry.mountAt(Path.of("/mnt \u03c0")));
    assertEquals(Optional.empty(), registry.mountAt(Path.of("/mnt")));
    registry.publish(own);
    assertEquals(1, registry.mounts().size());
    registry.withdraw(own);
    registry.withdraw(own);
    assertEquals(List.of(), registry.mounts());
    try (var files = Files.list(directory)) {
      assertEquals(0, files.count());
    }
  }

  @Test
  void theEntryOfAProcessThatIsGoneDoesNotCountAndIsRemoved() throws Exception {
    Process process = new ProcessBuilder("true").start();
    long pid = process.pid();
    process.waitFor();
    MountEntry gone =
        new MountEntry(Path.of("/a"), Path.of("/b"), pid, 1, 0, 0, registry.socket(pid), "kernel");
    registry.publish(gone);
    Files.createFile(gone.socket());
    Files.createFile(Files.createDirectory(directory.resolve(pid + ".start")).resolve("lib.so"));
    registry.startDirectory();
    Files.createFile(directory.resolve("srv-vms.log"));
    Files.createFile(directory.resolve(pid + ".log"));
    Files.createFile(directory.resolve(pid + ".sock.log"));
    registry.publish(own);
    assertEquals(List.of(own), registry.mounts());
    registry.removeStale();
    assertEquals(List.of(own), registry.mounts());
    try (var files = Files.list(directory)) {
      assertEquals(
          Set.of(
              own.pid() + ".json",
              own.pid() + ".start",
              "srv-vms.log",
              pid + ".log",
              pid + ".sock.log"),
          files.map(file -> file.getFileName().toString()).collect(Collectors.toSet()));
    }
  }

  @Test
  void aLaterProcessWithTheSameNumberIsAnotherOne() throws IOException {
    registry.publish(
        new MountEntry(
            own.mountpoint(),
            own.store(),
            own.pid(),
            own.startTicks() - 1,
            0,
            0,
            own.socket(),
            own.transport()));
    assertEquals(List.of(), registry.mounts());
  }

  @Test
  void aZombieIsNoDaemon() throws Exception {
    // The shell's child ends at once, and the sleeping shell never asks for it.
    Process shell =
        new ProcessBuilder("sh", "-c", "true & echo $!; exec sleep 10000")
            .redirectErrorStream(true)
            .start();
    try (var lines = shell.inputReader()) {
      long pid = Long.parseLong(lines.readLine());
      ProcessFiles child = ProcessFiles.of(pid);
      Patience.await(
          "its end", () -> child.text("stat").map(stat -> stat.contains(") Z ")).orElse(true));
      assertEquals(Optional.empty(), ProcessStart.ticks(pid));
    } finally {
      shell.destroyForcibly().waitFor();
    }
  }

  @Test
  void whatIsNoEntryIsPassedOver() throws IOException {
    Files.writeString(directory.resolve("1.json"), "");
    Files.writeString(directory.resolve("2.json"), "{\"mountpoint\":");
    Files.writeString(directory.resolve("3.json"), "{\"mountpoint\":\"/a\"}");
    Files.writeString(directory.resolve("4.json"), "[]");
    Files.write(directory.resolve("5.json"), new byte[1 << 20]);
    Files.createDirectory(directory.resolve("6.json"));
    assertEquals(List.of(), registry.mounts());
    registry.removeStale();
  }

  @Test
  void aRuntimeDirectoryIsItsOwnersAlone() throws Exception {
    assertEquals("rwx------", modeOf(directory));
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    RuntimeDirectory.prepare(directory);
    assertEquals("rwx------", modeOf(directory));
  }

  private static String modeOf(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void whatCanNotBeARuntimeDirectoryIsRefused() throws IOException {
    Path file = Files.createFile(temporary.resolve("file"));
    assertThrows(ControlException.class, () -> RuntimeDirectory.prepare(file));
    assertThrows(ControlException.class, () -> RuntimeDirectory.prepare(file.resolve("x")));
    Path link = Files.createSymbolicLink(temporary.resolve("link"), directory);
    assertThrows(ControlException.class, () -> RuntimeDirectory.prepare(link));
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThrows(ControlException.class, () -> RuntimeDirectory.prepare(directory));
    assertEquals("rwxrwxrwx", modeOf(directory));
  }

  @Test
  void aDirectoryInWhichOthersMayWriteTellsOfNoMounts() throws IOException {
    registry.publish(own);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertEquals(List.of(), registry.mounts());
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    assertEquals(List.of(own), registry.mounts());
  }

  @Test
  void theEnvironmentSaysWhereItIs() {
    assertEquals(Path.of("/x/y"), RuntimeDirectory.of(Map.of("PANDO_RUN", "/x/z/../y"), ROOT));
    assertEquals(Path.of("/run/pando"), RuntimeDirectory.of(Map.of(), ROOT));
    assertEquals(
        Path.of("/run/user/7/pando"),
        RuntimeDirectory.of(Map.of("XDG_RUNTIME_DIR", "/run/user/7"), ANN));
    assertEquals(Path.of("/tmp/pando-7"), RuntimeDirectory.of(Map.of(), ANN));
  }

  @Test
  void theLiveTestIsAboutThisVeryProcess() {
    assertTrue(own.isLive());
  }
}
