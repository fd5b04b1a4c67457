package dev.pando.daemon.vm;

import static dev.pando.daemon.vm.MachineBench.assertRefused;
import static dev.pando.daemon.vm.files.MachineException.Kind.FAILED;
import static dev.pando.daemon.vm.files.MachineException.Kind.MISSING;
import static dev.pando.daemon.vm.files.MachineException.Kind.REFUSED;
import static dev.pando.daemon.vm.files.MachineException.Kind.USAGE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.tree.Attributes;
import dev.pando.daemon.tree.OpenFile;
import dev.pando.daemon.tree.TreeBench;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.listing.Machine;
import dev.pando.daemon.vm.listing.SpaceReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportAndRemoveTest {
  private MachineBench bench;

  @BeforeEach
  void open(@TempDir Path directory) throws Exception {
    bench = new MachineBench(directory);
  }

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  @Test
  void anImportedVmIsWhatItWasOnTheHost() throws Exception {
    HostVm host = bench.hostVm("base");
    Path notes = host.directory().resolve("notes.txt");
    Files.setPosixFilePermissions(notes, PosixFilePermissions.fromString("rw-------"));
    Files.setLastModifiedTime(notes, FileTime.from(Instant.parse("2001-02-03T04:05:06.789Z")));
    assertEquals("base", bench.importVm(host));
    bench.reopen();
    assertArrayEquals(host.disk(), bench.content("base/base-flat.vmdk"));
    assertEquals(HostVm.configuration("base"), bench.text("base/base.vmx"));
    Attributes attributes = bench.tree().attributes("base/notes.txt");
    assertEquals(0600, attributes.mode & 07777);
    assertEquals(Instant.parse("2001-02-03T04:05:06Z").getEpochSecond(), attributes.modifySeconds);
    assertEquals(789_000_000, attributes.modifyNanos);
    assertArrayEquals(
        TreeBench.bytes("scripts"), bench.tree().tree().readLink(bench.tree().node("base/latest")));
    assertEquals(List.of("base"), bench.names());
  }

  @Test
  void zerosOfTheHostAreHoles() throws Exception {
    bench.importVm("base");
    Attributes disk = bench.tree().attributes("base/base-flat.vmdk");
    assertEquals(HostVm.DISK_BYTES, disk.sizeBytes);
    assertTrue(disk.sectors * 512 < 700_000, "allocated " + disk.sectors * 512);
    assertTrue(disk.sectors * 512 >= 600_000, "allocated " + disk.sectors * 512);
  }

  @Test
  void progressEndsWithAllOfIt() throws Exception {
    HostVm host = bench.hostVm("base");
    List<long[]> told = new ArrayList<>();
    bench
        .machines()
        .importDirectory(
            host.directory(),
            Optional.of("course/x"),
            (done, total) -> told.add(new long[] {done, total}));
    long[] last = told.get(told.size() - 1);
    assertEquals(last[1], last[0]);
    assertTrue(last[1] > HostVm.DISK_BYTES);
    assertEquals(List.of("course/x"), bench.names());
  }

  @Test
  void anImageAloneGetsADirectory() throws Exception {
    HostVm host = bench.hostVm("base");
    Path image = host.directory().resolve("system.img");
    Files.write(image, host.disk());
    assertEquals(
        "system", bench.machines().importDirectory(image, Optional.empty(), (done, total) -> {}));
    assertArrayEquals(host.disk(), bench.content("system/system.img"));
  }

  @Test
  void aLinkOutOfTheVmIsRefused() throws Exception {
    for (String target : List.of("/etc/hostname", "../outside", "scripts/../../outside")) {
      HostVm host = bench.hostVm("linked" + target.length());
      Files.createSymbolicLink(host.directory().resolve("media"), Path.of(target));
      assertRefused(REFUSED, "symbolic link", () -> bench.importVm(host));
    }
    assertEquals(List.of(), bench.names());
  }

  @Test
  void aLinkThatEntersLaterIsFoundWhenTheVmIsFrozenOrCloned() throws Exception {
    bench.importVm("base");
    bench.tree().symlink("base/media", "/etc/hostname");
    assertRefused(REFUSED, "symbolic link", () -> bench.machines().freeze("base"));
    assertRefused(REFUSED, "symbolic link", () -> bench.clone("base", "copy"));
  }

  @Test
  void absolutePathsIntoTheVmsDirectoryBecomeNames() throws Exception {
    HostVm host = bench.hostVm("base");
    String absolute = host.directory().resolve("base.vmdk").toString();
    String vmx = HostVm.configuration("base");
    host.write("base.vmx", vmx.replace("\"base.vmdk\"", "\"" + absolute + "\""));
    bench.importVm(host);
    assertEquals(vmx, bench.text("base/base.vmx"));
  }

  @Test
  void namesStayWhereALinkRefersToThem() throws Exception {
    HostVm host = bench.hostVm("base");
    Files.createSymbolicLink(host.directory().resolve("settings"), Path.of("base.nvram"));
    bench.importVm(host);
    bench.clone("base", "copy");
    assertEquals("firmware settings", bench.text("copy/base.nvram"));
  }

  @Test
  void whatIsNamedThroughALinkKeepsItsOwnMode() throws Exception {
    HostVm host = bench.hostVm("base");
    Path image = host.directory().resolve("system.img");
    Files.write(image, host.disk());
    Files.setPosixFilePermissions(image, PosixFilePermissions.fromString("rw-------"));
    Path link = Files.createSymbolicLink(host.directory().resolve("short.img"), image);
    importAs(link, "short");
    assertEquals(0600, bench.tree().attributes("short/short.img").mode & 07777);
  }

  @Test
  void anImageThatIsNoDiskIsRefused() throws Exception {
    Path junk = bench.hostVm("base").directory().resolve("junk.vmdk");
    Files.write(junk, new byte[] {1, 2, 3, 4, 5});
    assertRefused(REFUSED, "no disk", () -> importAs(junk, "junk"));
  }

  @Test
  void whatIsRefusedLeavesNothing() throws Exception {
    bench.importVm("taken");
    int before = bench.tree().recordCount();
    HostVm broken = bench.hostVm("broken");
    broken.write("broken.vmx", "not a configuration");
    assertRefused(REFUSED, "broken.vmx", () -> bench.importVm(broken));
    HostVm locked = bench.hostVm("locked");
    Files.createDirectory(locked.directory().resolve("locked.vmx.lck"));
    locked.write("locked.vmx.lck/M1.lck", "held");
    assertRefused(REFUSED, "lock", () -> bench.importVm(locked));
    HostVm again = bench.hostVm("taken");
    assertRefused(REFUSED, "taken", () -> bench.importVm(again));
    Path empty = Files.createDirectory(again.directory().resolve("empty"));
    assertRefused(REFUSED, "no VM", () -> importAs(empty, "e"));
    assertRefused(MISSING, "no file", () -> importAs(empty.resolve("none"), "e"));
    assertRefused(USAGE, "component", () -> importAs(again.directory(), "a//b"));
    assertRefused(
        REFUSED, "in the mount", () -> importAs(bench.mountpoint().resolve("taken"), "e"));
    assertRefused(REFUSED, "neither", () -> importAs(again.directory().resolve("notes.txt"), "e"));
    assertEquals(before, bench.tree().recordCount());
  }

  private void importAs(Path source, String name) throws MachineException {
    bench.machines().importDirectory(source, Optional.of(name), (done, total) -> {});
  }

  @Test
  void aStoppedImportLeavesNothing() throws Exception {
    HostVm host = bench.hostVm("base");
    int before = bench.tree().recordCount();
    assertRefused(
        FAILED,
        "stopped",
        () ->
            bench
                .machines()
                .importDirectory(
                    host.directory(),
                    Optional.empty(),
                    (done, total) -> Thread.currentThread().interrupt()));
    assertFalse(bench.tree().exists("base"));
    assertEquals(before, bench.tree().recordCount());
  }

  @Test
  void removingATemplateNeverHarmsItsClones() throws Exception {
    HostVm host = bench.importVm("base");
    bench.machines().freeze("base");
    bench.clone("base", "s01", "s02");
    bench.machines().remove(List.of("base", "s02"), true);
    assertEquals(List.of("s01"), bench.names());
    bench.reopen();
    assertArrayEquals(host.disk(), bench.content("s01/s01-flat.vmdk"));
    assertTrue(bench.machines().show("s01").parent().orElseThrow().deleted());
    bench.importVm("base");
    assertTrue(bench.machines().show("s01").parent().orElseThrow().deleted());
  }

  @Test
  void removingWhatRunsWantsForceAndItsOpenFilesLiveOn() throws Exception {
    bench.importVm("base");
    bench.importVm("other");
    OpenFile disk = bench.tree().open("base/base-flat.vmdk", TreeBench.READ_WRITE);
    assertRefused(
        REFUSED, "running", () -> bench.machines().remove(List.of("other", "base"), false));
    assertRefused(MISSING, "none", () -> bench.machines().remove(List.of("other", "none"), true));
    assertEquals(List.of("base", "other"), bench.names());
    bench.machines().remove(List.of("base"), true);
    assertEquals(List.of("other"), bench.names());
    TreeBench.write(disk, 0, "still mine");
    assertTrue(TreeBench.read(disk).startsWith("still mine"));
    disk.release();
    assertFalse(bench.tree().store().hasFile(disk.node()));
  }

  @Test
  void removingEverythingLeavesOnlyTheAddressesThatWereGiven() throws Exception {
    int before = bench.tree().recordCount();
    bench.importVm("base");
    bench.machines().freeze("base");
    bench.clone("base", "s01");
    bench.machines().remove(List.of("s01", "base"), false);
    assertEquals(before + 2, bench.tree().recordCount());
  }

  @Test
  void theSpaceOfAnUnwrittenCloneIsShared() throws Exception {
    bench.importVm("base");
    bench.machines().freeze("base");
    bench.clone("base", "s01");
    Machine clone = bench.machines().show("s01");
    assertTrue(clone.logicalBytes() > HostVm.DISK_BYTES);
    assertTrue(clone.privateBytes() <= 64 << 10, "private " + clone.privateBytes());
    assertTrue(clone.sharedBytes() >= 600_000, "shared " + clone.sharedBytes());
    SpaceReport space = bench.machines().space(List.of("s01"));
    assertTrue(space.logicalBytes() >= 2L * HostVm.DISK_BYTES);
    assertTrue(space.savedByCloningBytes() > 0);
    assertEquals(clone.privateBytes(), space.freedIfRemovedBytes().orElseThrow());
    assertTrue(bench.machines().space(List.of()).freedIfRemovedBytes().isEmpty());
  }
}
