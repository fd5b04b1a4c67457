package dev.pando.daemon.vm;

import static dev.pando.daemon.vm.MachineBench.assertRefused;
import static dev.pando.daemon.vm.files.MachineException.Kind.MISSING;
import static dev.pando.daemon.vm.files.MachineException.Kind.REFUSED;
import static dev.pando.daemon.vm.files.MachineException.Kind.USAGE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.vm.cloning.CloneReport;
import dev.pando.daemon.vm.cloning.CloneRequest;
import dev.pando.daemon.vm.files.CloneChanges;
import dev.pando.daemon.vm.listing.Machine;
import dev.pando.daemon.vmware.KeyChange;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where VMs come from, and what they are called. */
class ProvenanceTest {
  private MachineBench bench;

  @BeforeEach
  void open(@TempDir Path directory) throws Exception {
    bench = new MachineBench(directory);
    bench.importVm("base");
  }

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  @Test
  void aCloneKnowsWhatWasChangedWhenItWasMade() throws Exception {
    bench.clone("base", "s01");
    bench.reopen();
    Machine.Details details = bench.machines().show("s01").details().orElseThrow();
    Map<String, String> after = new HashMap<>();
    for (Machine.Change change : details.changes()) {
      after.put(
          change.file() + " " + change.change().key(), change.change().after().orElse("gone"));
    }
    assertEquals("s01", after.get("s01.vmx displayName"));
    assertEquals("gone", after.get("s01.vmx uuid.location"));
    assertEquals("s01.vmdk", after.get("s01.vmx scsi0:0.fileName"));
    assertEquals("s01-flat.vmdk", after.get("s01.vmdk file"));
    assertEquals(0, details.moreChanges());
    assertTrue(details.createdNanos().isPresent());
  }

  @Test
  void manyAndLongChangesAreKeptInPart() {
    List<CloneChanges.FileChange> all =
        IntStream.range(0, 700)
            .mapToObj(
                i ->
                    new CloneChanges.FileChange(
                        "a.vmx",
                        new KeyChange("key" + i, Optional.of("x".repeat(5000)), Optional.empty())))
            .toList();
    CloneChanges kept = CloneChanges.decode(Optional.of(CloneChanges.of(all).encode()));
    assertEquals(500, kept.changes().size());
    assertEquals(200, kept.omitted());
    assertTrue(kept.changes().get(0).change().before().orElseThrow().length() <= 400);
    assertTrue(CloneChanges.of(all).encode().length < 20_000);
  }

  @Test
  void aPlanShowsEveryFileAndKeyAndMakesNothing() throws Exception {
    int before = bench.tree().recordCount();
    CloneReport plan = bench.machines().planClone(CloneRequest.linked("base", List.of("s01")));
    assertEquals(List.of("s01"), plan.names());
    Map<String, CloneReport.File> files = new HashMap<>();
    plan.files().forEach(file -> files.put(file.path(), file));
    assertEquals(CloneReport.Fate.SHARED, files.get("base-flat.vmdk").fate());
    assertEquals(Optional.of("s01-flat.vmdk"), files.get("base-flat.vmdk").clonePath());
    assertEquals(CloneReport.Fate.REWRITTEN, files.get("base.vmx").fate());
    assertEquals(CloneReport.Fate.EMPTY, files.get("base.vmsd").fate());
    assertEquals(CloneReport.Fate.DROPPED, files.get("vmware.log").fate());
    assertEquals(Optional.empty(), files.get("vmware.log").clonePath());
    assertTrue(
        files.get("base.vmx").changes().stream()
            .anyMatch(change -> change.key().equals("uuid.bios")));
    assertEquals(before, bench.tree().recordCount());
    assertFalse(bench.tree().exists("s01"));
    bench.tree().makeDirectory("taken");
    assertRefused(
        REFUSED,
        "taken",
        () -> bench.machines().planClone(CloneRequest.linked("base", List.of("taken"))));
  }

  @Test
  void renamingKeepsTheFilesAndTheFamily() throws Exception {
    bench.machines().freeze("base");
    bench.clone("base", "s01");
    assertEquals("lab/root", bench.machines().rename("base", "lab/root"));
    bench.reopen();
    assertEquals(List.of("lab/root", "s01"), bench.names());
    assertEquals(Machine.Kind.TEMPLATE, bench.machines().show("lab/root").kind());
    assertTrue(bench.tree().exists("lab/root/base.vmx"));
    assertEquals("lab/root", bench.machines().show("s01").parent().orElseThrow().name());
    bench.clone("lab/root", "s02");
    assertTrue(bench.tree().exists("s02/s02.vmx"));
  }

  @Test
  void whatCanNotBeRenamedStays() throws Exception {
    bench.clone("base", "s01");
    assertRefused(REFUSED, "taken", () -> bench.machines().rename("base", "s01"));
    assertRefused(USAGE, "inside", () -> bench.machines().rename("base", "base/inner"));
    assertRefused(USAGE, "inside", () -> bench.machines().rename("base", "s01/inner"));
    assertRefused(USAGE, "generation", () -> bench.machines().rename("base", "base@2"));
    assertRefused(MISSING, "none", () -> bench.machines().rename("none", "s02"));
    try (OpenedDisk disk = OpenedDisk.of(bench, "base/base-flat.vmdk")) {
      assertRefused(REFUSED, "running", () -> bench.machines().rename("base", "s02"));
      assertTrue(disk.file().isDirect());
    }
    assertEquals("base", bench.machines().rename("base", "base"));
    assertEquals(List.of("base", "s01"), bench.names());
  }

  @Test
  void copiesOfTheSameIdentityAreToldOfEachOther() throws Exception {
    bench.clone("base", "s01");
    bench.tree().makeDirectory("copy");
    bench.tree().write("copy/copy.vmx", bench.text("base/base.vmx"));
    Map<String, Machine> machines = new HashMap<>();
    bench.machines().list().forEach(machine -> machines.put(machine.name(), machine));
    assertEquals(List.of("copy"), machines.get("base").twins().byUuid());
    assertEquals(List.of("copy"), machines.get("base").twins().byMac());
    assertEquals(List.of("base"), machines.get("copy").twins().byUuid());
    assertEquals(Machine.Twins.NONE, machines.get("s01").twins());
    String other = bench.text("copy/copy.vmx").replace("4e b4 c4 94 22", "4e b4 c4 94 23");
    bench.tree().write("copy/copy.vmx", other);
    bench.machines().list().forEach(machine -> machines.put(machine.name(), machine));
    assertEquals(List.of(), machines.get("base").twins().byUuid());
    assertEquals(List.of("copy"), machines.get("base").twins().byMac());
  }

  @Test
  void aParentIsRemovedKnowinglyOrWithAllItsClones() throws Exception {
    bench.clone("base", "s01", "s02", "s03", "s04", "s05", "s06", "s07");
    assertRefused(
        REFUSED,
        "7 linked clones were made from it: s01, s02, s03, s04, s05 and 2 more",
        () -> bench.machines().remove(List.of("base"), false));
    assertRefused(
        REFUSED,
        "a linked clone was made from it: s01",
        () ->
            bench
                .machines()
                .remove(List.of("base", "s02", "s03", "s04", "s05", "s06", "s07"), false));
    assertEquals(8, bench.names().size());
    bench
        .machines()
        .remove(List.of("base", "s01", "s02", "s03", "s04", "s05", "s06", "s07"), false);
    assertEquals(List.of(), bench.names());
  }
}
