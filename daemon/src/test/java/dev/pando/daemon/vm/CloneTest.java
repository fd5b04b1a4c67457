package dev.pando.daemon.vm;

import static dev.pando.daemon.vm.MachineBench.assertRefused;
import static dev.pando.daemon.vm.files.MachineException.Kind.MISSING;
import static dev.pando.daemon.vm.files.MachineException.Kind.REFUSED;
import static dev.pando.daemon.vm.files.MachineException.Kind.USAGE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeBench;
import dev.pando.daemon.tree.TreeEdit;
import dev.pando.daemon.vm.cloning.CloneReport;
import dev.pando.daemon.vm.cloning.CloneRequest;
import dev.pando.daemon.vm.files.VmDisk;
import dev.pando.daemon.vm.listing.Machine;
import dev.pando.daemon.vm.making.HiddenFiles;
import dev.pando.daemon.vmware.Vmx;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CloneTest {
  private MachineBench bench;
  private HostVm base;

  @BeforeEach
  void open(@TempDir Path directory) throws Exception {
    bench = new MachineBench(directory);
    base = bench.importVm("base");
  }

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  @Test
  void aCloneHasTheParentsDisksUnderItsOwnNames() throws Exception {
    bench.clone("base", "s01");
    assertEquals(
        Set.of(
            "s01.vmx",
            "s01.vmdk",
            "s01-flat.vmdk",
            "s01.nvram",
            "s01.vmsd",
            "s01.vmxf",
            "notes.txt",
            "scripts",
            "latest"),
        new TreeSet<>(bench.tree().list("s01")));
    assertArrayEquals(base.disk(), bench.content("s01/s01-flat.vmdk"));
    assertEquals("#!/bin/sh", bench.text("s01/scripts/setup.sh"));
    assertTrue(bench.text("s01/s01.vmdk").contains("\"s01-flat.vmdk\""));
    assertTrue(bench.text("s01/s01.vmxf").contains(">s01.vmx<"));
    Vmx vmx = bench.vmx("s01/s01.vmx");
    assertEquals("s01", vmx.displayName().orElseThrow());
    assertEquals("s01.vmdk", vmx.disks().get(0).path());
  }

  @Test
  void aCloneIsAnotherMachineThanItsParent() throws Exception {
    bench.clone("base", "s01");
    Machine.Details parent = bench.machines().show("base").details().orElseThrow();
    Machine.Details clone = bench.machines().show("s01").details().orElseThrow();
    assertNotEquals(parent.uuid(), clone.uuid());
    assertNotEquals(parent.macs(), clone.macs());
    assertEquals(1, clone.macs().size());
    assertFalse(bench.text("s01/s01.vmdk").contains("60 00 C2 9b 11 22 33 44"));
    assertFalse(bench.text("s01/s01.vmx").contains("uuid.location"));
    assertEquals(List.of(new VmDisk("s01.vmdk", HostVm.DISK_BYTES)), clone.disks());
    assertEquals(bench.mountpoint().resolve("s01").toString(), clone.directory());
  }

  @Test
  void aWriteToACloneNeverShowsInItsParentOrSibling() throws Exception {
    bench.clone("base", "s01", "s02");
    try (OpenedDisk disk = OpenedDisk.of(bench, "s01/s01-flat.vmdk")) {
      disk.write(4000, "private to s01");
    }
    assertArrayEquals(base.disk(), bench.content("base/base-flat.vmdk"));
    assertArrayEquals(base.disk(), bench.content("s02/s02-flat.vmdk"));
    try (OpenedDisk disk = OpenedDisk.of(bench, "base/base-flat.vmdk")) {
      disk.write(4000, "private to base");
    }
    bench.reopen();
    String clone = bench.text("s01/s01-flat.vmdk");
    assertTrue(clone.contains("private to s01"));
    assertFalse(clone.contains("private to base"));
    assertArrayEquals(base.disk(), bench.content("s02/s02-flat.vmdk"));
  }

  @Test
  void theTemplateIsByteForByteWhatItWas() throws Exception {
    bench.machines().freeze("base");
    String vmx = bench.text("base/base.vmx");
    bench.clone("base", "s01");
    assertEquals(vmx, bench.text("base/base.vmx"));
    assertArrayEquals(base.disk(), bench.content("base/base-flat.vmdk"));
    try (OpenedDisk disk = OpenedDisk.of(bench, "s01/s01-flat.vmdk")) {
      disk.write(0, "a clone of a template can be written");
    }
    assertEquals(vmx, bench.text("base/base.vmx"));
  }

  @Test
  void aCloneKnowsItsParentAlsoAfterAMoveAndAfterItsEnd() throws Exception {
    bench.machines().freeze("base");
    bench.clone("base", "s01");
    bench.machines().thaw("base");
    bench.tree().rename("base", "moved");
    bench.reopen();
    Machine clone = bench.machines().show("s01");
    assertEquals(Machine.Kind.LINKED_CLONE, clone.kind());
    Machine.Parent parent = clone.parent().orElseThrow();
    assertEquals(new Machine.Parent("moved", OptionalInt.of(1), false), parent);
    bench.machines().remove(List.of("moved"), true);
    assertEquals(
        new Machine.Parent("base", OptionalInt.of(1), true),
        bench.machines().show("s01").parent().orElseThrow());
    assertArrayEquals(base.disk(), bench.content("s01/s01-flat.vmdk"));
  }

  @Test
  void manyClonesAllHaveTheirOwnAddresses() throws Exception {
    List<String> names = IntStream.range(0, 100).mapToObj("c%03d"::formatted).toList();
    bench.clone("base", names.toArray(String[]::new));
    Set<String> macs = new HashSet<>();
    Set<String> uuids = new HashSet<>();
    for (String name : names) {
      Machine.Details details = bench.machines().show(name).details().orElseThrow();
      macs.addAll(details.macs());
      uuids.add(details.uuid().orElseThrow());
    }
    assertEquals(100, macs.size());
    assertEquals(100, uuids.size());
    assertEquals(101, bench.names().size());
  }

  @Test
  void namesCanBeKept() throws Exception {
    bench.clone(new CloneRequest("base", List.of("s01"), true, false));
    assertTrue(bench.tree().exists("s01/base.vmx"));
    assertEquals("base.vmdk", bench.vmx("s01/base.vmx").disks().get(0).path());
  }

  @Test
  void aVsphereTemplateMakesMachinesThatRun() throws Exception {
    bench.tree().rename("base/base.vmx", "base/base.vmtx");
    bench.clone("base", "s01");
    assertEquals("s01", bench.vmx("s01/s01.vmx").displayName().orElseThrow());
    assertFalse(bench.tree().exists("s01/s01.vmtx"));
    assertTrue(bench.text("s01/s01.vmxf").contains(">s01.vmx<"));
    bench.clone(new CloneRequest("base", List.of("s02"), true, false));
    assertTrue(bench.tree().exists("s02/base.vmx"));
  }

  @Test
  void whatTheCloneDoesNotHaveIsSaid() throws Exception {
    bench
        .tree()
        .write(
            "base/base.vmsd",
            """
            snapshot.lastUID = "1"
            snapshot.numSnapshots = "1"
            snapshot0.uid = "1"
            snapshot0.displayName = "before the update"
            """);
    CloneReport report = bench.clone(CloneRequest.linked("base", List.of("s01")));
    assertEquals(1, report.warnings().size());
    assertTrue(report.warnings().get(0).contains("before the update"), report::toString);
    assertEquals("", bench.text("s01/s01.vmsd"));
  }

  @Test
  void aClonesNotesSayWhereItComesFrom() throws Exception {
    bench.machines().freeze("base");
    bench.clone("base", "s01");
    bench.clone("s01", "s02");
    String notes = bench.vmx("s01/s01.vmx").dictionary().get("annotation").orElseThrow();
    assertTrue(notes.startsWith("Pando: clone of base, generation 1, 20"), notes);
    String later = bench.vmx("s02/s02.vmx").dictionary().get("annotation").orElseThrow();
    assertTrue(later.startsWith("Pando: clone of s01, 20"), later);
  }

  @Test
  void directoriesOnTheWayAreMade() throws Exception {
    bench.clone("base", "course/a/s01", "course/a/s02");
    assertEquals(List.of("base", "course/a/s01", "course/a/s02"), bench.names());
    bench.clone("course/a/s01", "course/b/t01");
    assertEquals(
        "course/a/s01", bench.machines().show("course/b/t01").parent().orElseThrow().name());
    assertTrue(bench.tree().exists("course/b/t01/t01.vmx"));
  }

  @Test
  void oneBadNameOfManyMakesNone() throws Exception {
    bench.tree().makeDirectory("taken");
    int before = bench.tree().recordCount();
    assertRefused(REFUSED, "taken", () -> bench.clone("base", "s01", "s02", "taken"));
    assertRefused(USAGE, "twice", () -> bench.clone("base", "s01", "s01"));
    assertRefused(USAGE, "inside", () -> bench.clone("base", "s01", "s01/t"));
    assertEquals(before, bench.tree().recordCount());
    assertEquals(List.of("base"), bench.names());
  }

  @Test
  void namesThatCanNotBeAreUsageErrors() throws Exception {
    for (String bad :
        List.of("", "/s", "s/", "a//b", ".", "..", "a/../b", "a\nb", "a\0b", "n".repeat(300))) {
      assertRefused(USAGE, "", () -> bench.clone("base", bad));
    }
    assertRefused(USAGE, "inside", () -> bench.clone("base", "base/inner"));
    assertRefused(REFUSED, "is taken", () -> bench.clone("base", "base"));
    bench.tree().write("plain", "a file");
    assertRefused(REFUSED, "plain", () -> bench.clone("base", "plain/s01"));
  }

  @Test
  void whatIsNoVmCanNotBeCloned() throws Exception {
    bench.tree().makeDirectory("empty");
    assertRefused(MISSING, "nothing", () -> bench.clone("nothing", "s01"));
    assertRefused(MISSING, "no .vmx", () -> bench.clone("empty", "s01"));
    assertRefused(MISSING, "inside", () -> bench.clone("base/scripts", "s01"));
  }

  @Test
  void aBrokenVmIsRefusedWithTheReason() throws Exception {
    String vmx = bench.text("base/base.vmx");
    refusedAfter("base/base.vmx", "", "base.vmx is empty");
    refusedAfter("base/base.vmx", vmx.substring(0, vmx.length() - 10), "base.vmx is cut off");
    refusedAfter("base/base.vmx", "\0\1\2", "base.vmx is not text");
    refusedAfter(
        "base/base.vmx",
        vmx.replace("\"base.vmdk\"", "\"gone.vmdk\""),
        "base.vmx refers to gone.vmdk, which is not there");
    bench.tree().write("base/base.vmx", vmx);
    String disk = bench.text("base/base.vmdk");
    refusedAfter(
        "base/base.vmdk",
        disk.replace("base-flat.vmdk", "../other/x-flat.vmdk"),
        "base.vmdk names a file outside its directory");
    refusedAfter(
        "base/base.vmdk",
        disk.replace("base-flat", "gone-flat"),
        "base.vmdk refers to gone-flat.vmdk, which is not there");
    refusedAfter("base/base.vmdk", "junk", "base.vmdk is no disk");
    bench.tree().write("base/base.vmdk", disk);
    bench.tree().write("base/second.vmx", vmx);
    assertRefused(REFUSED, "more than one configuration", () -> bench.clone("base", "s01"));
    assertTrue(bench.machines().list().get(0).ambiguous());
    bench.tree().unlink("base/second.vmx");
    bench.clone("base", "s01");
  }

  private void refusedAfter(String path, String text, String reason) throws Exception {
    bench.tree().write(path, text);
    int before = bench.tree().recordCount();
    assertRefused(REFUSED, reason, () -> bench.clone("base", "s01"));
    assertEquals(before, bench.tree().recordCount());
    assertFalse(bench.tree().exists("s01"));
  }

  @Test
  void aRunningVmCanBeClonedAndItsLocksStayBehind() throws Exception {
    bench.tree().makeDirectory("base/base.vmx.lck");
    bench.tree().write("base/base.vmx.lck/M1.lck", "held");
    bench.tree().write("base/base.vmem", "memory");
    try (OpenedDisk disk = OpenedDisk.of(bench, "base/base-flat.vmdk")) {
      disk.write(0, "before");
      bench.clone("base", "s01");
      disk.write(0, "after!");
    }
    assertTrue(bench.text("s01/s01-flat.vmdk").startsWith("before"));
    assertFalse(bench.tree().exists("s01/s01.vmx.lck"));
    assertFalse(bench.tree().exists("s01/s01.vmem"));
  }

  @Test
  void aCloneOfAnUnfinishedOneIsMissingAndWhatWasUnfinishedEnds() throws Exception {
    int before = bench.tree().recordCount();
    long hidden =
        bench
            .tree()
            .tree()
            .<Long, ErrnoException>edit(
                edit -> {
                  long directory = edit.hiddenDirectory(0755, 0, 0);
                  long below = edit.directory(directory, TreeBench.bytes("d"), 0755, 0, 0);
                  edit.copy(
                      bench.tree().node("base/base-flat.vmdk"),
                      below,
                      TreeBench.bytes("x.vmdk"),
                      directory,
                      TreeEdit.Data.FORKED);
                  return directory;
                });
    assertTrue(hidden > FileSystem.ROOT);
    assertEquals(List.of("base"), bench.names());
    bench.reopen();
    assertEquals(before, bench.tree().recordCount());
  }

  /** As when something fails between the step that names a clone and the answer. */
  @Test
  void whatHasANameDoesNotEndWithWhatWasUnfinished() throws Exception {
    PandoTree tree = bench.tree().tree();
    try (HiddenFiles hidden = new HiddenFiles(tree)) {
      tree.<Void, ErrnoException>edit(
          edit -> {
            long named = edit.hiddenDirectory(0755, 0, 0);
            edit.directory(named, TreeBench.bytes("d"), 0755, 0, 0);
            hidden.add(named);
            edit.link(named, FileSystem.ROOT, TreeBench.bytes("named"));
            hidden.add(edit.hiddenDirectory(0755, 0, 0));
            return null;
          });
    }
    assertEquals(List.of("d"), bench.tree().list("named"));
  }

  @Test
  void rawImagesMakeAVmNamedAfterItsDirectory() throws Exception {
    bench.tree().makeDirectory("raw");
    bench.tree().write("raw/raw.img", "an image");
    bench.tree().write("raw/data.img", "another");
    bench.clone("raw", "copy");
    assertEquals(Set.of("copy.img", "data.img"), new TreeSet<>(bench.tree().list("copy")));
    assertEquals(2, bench.machines().show("copy").details().orElseThrow().disks().size());
  }
}
