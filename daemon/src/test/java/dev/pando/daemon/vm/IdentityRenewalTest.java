package dev.pando.daemon.vm;

import static dev.pando.daemon.vm.MachineBench.assertRefused;
import static dev.pando.daemon.vm.files.MachineException.Kind.MISSING;
import static dev.pando.daemon.vm.files.MachineException.Kind.REFUSED;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.vm.listing.Machine;
import dev.pando.daemon.vmware.Vmx;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdentityRenewalTest {
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
  void theMachineGetsAnotherIdentityAndStaysTheSameOtherwise() throws Exception {
    Vmx before = bench.vmx("base/base.vmx");
    TreeSet<String> files = new TreeSet<>(bench.tree().list("base"));
    List<Machine.Change> changes = bench.machines().renewIdentity("base");
    assertTrue(
        changes.stream().anyMatch(change -> change.change().key().equals("uuid.bios")),
        changes::toString);
    bench.reopen();
    Vmx after = bench.vmx("base/base.vmx");
    assertNotEquals(before.uuid(), after.uuid());
    assertNotEquals(before.macAddresses(), after.macAddresses());
    assertEquals(before.displayName(), after.displayName());
    assertEquals(before.disks(), after.disks());
    assertFalse(bench.text("base/base.vmdk").contains("60 00 C2 9b 11 22 33 44"));
    assertFalse(bench.text("base/base.vmxf").contains("52 6e 5e b8"));
    assertArrayEquals(base.disk(), bench.content("base/base-flat.vmdk"));
    assertEquals(files, new TreeSet<>(bench.tree().list("base")));
  }

  @Test
  void nothingIsLeftBehindAndNoCloneEverGetsTheAddresses() throws Exception {
    int before = bench.tree().recordCount();
    bench.machines().renewIdentity("base");
    assertEquals(before + 1, bench.tree().recordCount(), "one address more is on record");
    bench.reopen();
    assertEquals(before + 1, bench.tree().recordCount());
  }

  @Test
  void whatIsFrozenOrRunsKeepsItsIdentity() throws Exception {
    String vmx = bench.text("base/base.vmx");
    try (OpenedDisk disk = OpenedDisk.of(bench, "base/base-flat.vmdk")) {
      assertTrue(disk.file().isDirect());
      assertRefused(REFUSED, "running", () -> bench.machines().renewIdentity("base"));
    }
    bench.machines().freeze("base");
    assertRefused(REFUSED, "template", () -> bench.machines().renewIdentity("base"));
    assertRefused(MISSING, "none", () -> bench.machines().renewIdentity("none"));
    assertEquals(vmx, bench.text("base/base.vmx"));
  }

  @Test
  void aFileWithAnotherNameIsNotReplaced() throws Exception {
    bench.tree().link("base/base.vmx", "outside");
    assertRefused(REFUSED, "hard link", () -> bench.machines().renewIdentity("base"));
  }

  @Test
  void imagesAloneHaveNoIdentity() throws Exception {
    bench.tree().makeDirectory("raw");
    bench.tree().write("raw/raw.img", "an image");
    assertRefused(REFUSED, "neither uuid nor MAC", () -> bench.machines().renewIdentity("raw"));
  }
}
