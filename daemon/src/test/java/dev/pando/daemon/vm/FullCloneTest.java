package dev.pando.daemon.vm;

import static dev.pando.daemon.vm.MachineBench.assertRefused;
import static dev.pando.daemon.vm.files.MachineException.Kind.FAILED;
import static dev.pando.daemon.vm.files.MachineException.Kind.REFUSED;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.cloning.CloneRequest;
import dev.pando.daemon.vm.files.VmFile;
import dev.pando.daemon.vm.listing.Machine;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FullCloneTest {
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

  private static CloneRequest full(String source, String... names) {
    return new CloneRequest(source, List.of(names), false, true);
  }

  @Test
  void aFullCloneIsAnotherMachineWithTheSameData() throws Exception {
    bench.machines().freeze("base");
    bench.clone(full("base", "f01"));
    bench.reopen();
    Machine clone = bench.machines().show("f01");
    assertEquals(Machine.Kind.FULL_CLONE, clone.kind());
    assertEquals(
        new Machine.Parent("base", OptionalInt.of(1), false), clone.parent().orElseThrow());
    assertArrayEquals(base.disk(), bench.content("f01/f01-flat.vmdk"));
    assertEquals("#!/bin/sh", bench.text("f01/scripts/setup.sh"));
    assertNotEquals(
        bench.machines().show("base").details().orElseThrow().uuid(),
        clone.details().orElseThrow().uuid());
    assertEquals(
        bench.tree().attributes("base/notes.txt").modifySeconds,
        bench.tree().attributes("f01/notes.txt").modifySeconds);
    assertEquals(
        bench.tree().attributes("base/base-flat.vmdk").mode,
        bench.tree().attributes("f01/f01-flat.vmdk").mode);
  }

  @Test
  void allDataOfAFullCloneIsItsOwn() throws Exception {
    bench.clone(full("base", "f01"));
    Machine clone = bench.machines().show("f01");
    assertEquals(0, clone.sharedBytes());
    assertTrue(clone.privateBytes() >= 600_000, "private " + clone.privateBytes());
    assertTrue(clone.privateBytes() < HostVm.DISK_BYTES, "holes were stored");
  }

  /** The addresses of all blocks of a VM's files. */
  private Set<Long> blocks(String vm) throws Exception {
    Set<Long> blocks = new HashSet<>();
    TreeView view = bench.tree().tree().view();
    for (VmFile file : VmFile.below(view, bench.tree().node(vm))) {
      if (file.node().isRegular()) {
        view.file(file.node().number())
            .extents(
                (offset, address, lengthBytes) -> {
                  for (long at = 0; at < lengthBytes; at += 4096) {
                    blocks.add(address + at);
                  }
                });
      }
    }
    return blocks;
  }

  @Test
  void aFullCloneHasNoBlockInCommonWithItsParentAndALinkedOneHasItsDisks() throws Exception {
    bench.clone(full("base", "f01"));
    bench.clone("base", "s01");
    bench.clone("f01", "s02");
    Set<Long> parent = blocks("base");
    Set<Long> fullClone = blocks("f01");
    assertTrue(fullClone.size() >= 146, fullClone.size() + " blocks");
    assertTrue(Collections.disjoint(parent, fullClone), "a block is shared");
    assertTrue(Collections.disjoint(parent, blocks("s02")), "a clone of the full clone shares");
    Set<Long> common = blocks("s01");
    common.retainAll(parent);
    assertTrue(common.size() >= 146, common.size() + " blocks in common");
    try (OpenedDisk disk = OpenedDisk.of(bench, "base/base-flat.vmdk")) {
      disk.write(0, "written by the parent");
    }
    try (OpenedDisk disk = OpenedDisk.of(bench, "f01/f01-flat.vmdk")) {
      disk.write(1 << 20, "written by the clone");
    }
    assertTrue(Collections.disjoint(blocks("base"), blocks("f01")), "later a block is shared");
  }

  @Test
  void aParentOfFullClonesAloneIsRemovedWithoutForce() throws Exception {
    bench.clone(full("base", "f01"));
    bench.clone("base", "s01");
    assertRefused(REFUSED, "s01", () -> bench.machines().remove(List.of("base"), false));
    bench.machines().remove(List.of("base", "s01"), false);
    assertArrayEquals(base.disk(), bench.content("f01/f01-flat.vmdk"));
  }

  @Test
  void aStoppedFullCloneLeavesNothing() throws Exception {
    int before = bench.tree().recordCount();
    assertRefused(
        FAILED,
        "stopped",
        () ->
            bench
                .machines()
                .clone(
                    full("base", "f01", "f02"),
                    (done, total) -> Thread.currentThread().interrupt()));
    assertFalse(bench.tree().exists("f01"));
    // two addresses are on record that nobody has
    assertEquals(before + 2, bench.tree().recordCount());
  }

  @Test
  void aFullCloneOfARunningVmIsOfOneInstant() throws Exception {
    try (OpenedDisk disk = OpenedDisk.of(bench, "base/base-flat.vmdk")) {
      disk.write(0, "before");
      bench
          .machines()
          .clone(
              full("base", "f01"),
              (done, total) -> {
                try {
                  disk.write(0, "after!");
                  disk.write(2 << 20, "after!");
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              });
    }
    String copy = bench.text("f01/f01-flat.vmdk");
    assertTrue(copy.startsWith("before"));
    assertFalse(copy.contains("after!"));
    assertTrue(bench.text("base/base-flat.vmdk").startsWith("after!"));
  }

  @Test
  void progressEndsWithAllOfIt() throws Exception {
    AtomicLong last = new AtomicLong();
    AtomicLong all = new AtomicLong();
    bench
        .machines()
        .clone(
            full("base", "f01", "f02"),
            (done, total) -> {
              assertTrue(done >= last.get() && done <= total);
              last.set(done);
              all.set(total);
            });
    assertTrue(all.get() >= 1_200_000, "total " + all.get());
    assertEquals(all.get(), last.get());
  }
}
