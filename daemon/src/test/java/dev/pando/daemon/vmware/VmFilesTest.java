package dev.pando.daemon.vmware;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VmFilesTest {
  @ParameterizedTest
  @CsvSource({
    "golden.vmx, CONFIGURATION, REWRITE",
    "golden.vmtx, CONFIGURATION, REWRITE",
    "golden.vmxf, SUPPLEMENT, REWRITE",
    "golden.vmdk, DISK, REWRITE",
    "golden_1.vmdk, DISK, REWRITE",
    "GOLDEN.VMDK, DISK, REWRITE",
    "golden-000001.vmdk, DISK, REWRITE",
    "golden-flat.vmdk, EXTENT, FORK",
    "golden-f001.vmdk, EXTENT, FORK",
    "golden-s017.vmdk, EXTENT, FORK",
    "golden-000001-s001.vmdk, EXTENT, FORK",
    "golden-000001-delta.vmdk, EXTENT, FORK",
    "golden-000001-sesparse.vmdk, EXTENT, FORK",
    "golden-ctk.vmdk, CHANGE_TRACKING, DROP",
    "golden-rdm.vmdk, PHYSICAL_DISK, REFUSE",
    "golden-rdmp.vmdk, PHYSICAL_DISK, REFUSE",
    "golden.nvram, NVRAM, FORK",
    "nvram, NVRAM, FORK",
    "golden.vmsd, SNAPSHOT_LIST, RESET",
    "golden-Snapshot1.vmsn, SNAPSHOT_STATE, DROP",
    "golden-1a2b.vmss, SUSPENDED_STATE, DROP",
    "golden.std, SUSPENDED_STATE, DROP",
    "golden-Snapshot1.vmem, SNAPSHOT_MEMORY, DROP",
    "golden-3f1f1a2c.vswp, MEMORY, DROP",
    "vmx-golden-123-1.vswp, MEMORY, DROP",
    "golden.vmem, MEMORY, DROP",
    "564d4be9-1abb-223a-b091-064eb4c49422.vmem, MEMORY, DROP",
    "golden-1a2b.vmem, MEMORY, DROP",
    "golden-Snapshot12.vmem, SNAPSHOT_MEMORY, DROP",
    "golden.vmss, SUSPENDED_STATE, DROP",
    "golden.vmx.lck, LOCK, DROP",
    "golden.vmdk.lck, LOCK, DROP",
    "golden.vmem.lck, LOCK, DROP",
    "golden-000001.vmdk.lck, LOCK, DROP",
    "golden.lck, LOCK, DROP",
    "M31337.lck, LOCK, DROP",
    ".lck, LOCK, DROP",
    ".lck-3f1f1a2c, LOCK, DROP",
    "vmware.log, LITTER, DROP",
    "vmware-12.log, LITTER, DROP",
    "golden.hlog, LITTER, DROP",
    "golden.scoreboard, LITTER, DROP",
    "caches, LITTER, DROP",
    "golden.vmx~, LITTER, DROP",
    "golden.vmtm, LITTER, DROP",
    "golden.vmpl, LITTER, DROP",
    "startMenu.plist, LITTER, DROP",
    "vmware-vmx.dmp, LITTER, DROP",
    "vprintproxy.log, LITTER, DROP",
    "golden-000001-ctk.vmdk, CHANGE_TRACKING, DROP",
    "golden.REDO, REDO_LOG, REFUSE",
    "golden.flp, OTHER, FORK",
    "golden.vmdk.REDO_a1b2, REDO_LOG, REFUSE",
    "root.qcow2, IMAGE, FORK",
    "seed.img, IMAGE, FORK",
    "debian.iso, OTHER, FORK",
    "notes.txt, OTHER, FORK",
    "log, OTHER, FORK",
  })
  void aNameTellsWhatAFileIsAndWhatAClone(String name, FileKind kind, CloneAction action) {
    assertEquals(kind, VmFiles.kind(name, "golden"));
    assertEquals(kind, VmFiles.kind(name.toUpperCase(Locale.ROOT), "golden"));
    assertEquals(kind, VmFiles.kind(name, "Golden"));
    assertEquals(action, kind.action());
  }

  @ParameterizedTest
  @ValueSource(strings = {"my-flat", "x-s001", "db-rdm", "x-ctk"})
  void aDiskNamedAfterTheStemIsTheDiskWhateverTheStemLooksLike(String stem) {
    assertEquals(FileKind.DISK, VmFiles.kind(stem + ".vmdk", stem));
    assertEquals(FileKind.EXTENT, VmFiles.kind(stem + "-flat.vmdk", stem));
  }

  @Test
  void diskImagesAreKnownByTheirNames() {
    for (String image :
        List.of(
            "a.vmdk", "a-flat.vmdk", "A.VMDK", "a.qcow2", "a.raw", "a.img", "a.vdi", "a.vhdx")) {
      assertTrue(VmFiles.isDiskImage(image), image);
      assertTrue(VmFiles.isDiskImage(Fixtures.bytes(image)), image);
    }
    for (String other :
        List.of("a.vmx", "a-ctk.vmdk", "vmdk", "img", "a.img.txt", "a.nvram", "a.log", "", ".")) {
      assertFalse(VmFiles.isDiskImage(other), other);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "golden, s01",
    "golden.vmx, s01.vmx",
    "golden-flat.vmdk, s01-flat.vmdk",
    "golden_1.vmdk, golden_1.vmdk",
    "goldener.vmx, goldener.vmx",
    "other.vmdk, other.vmdk",
    "Golden.vmx, Golden.vmx",
  })
  void namesAfterTheStemTakeTheClonesAndOthersKeepTheirs(String old, String renamed) {
    Renaming renaming = Renaming.of("golden", "s01");
    assertEquals(renamed, renaming.rename(old));
    assertEquals(old, Renaming.none().rename(old));
    assertEquals(old, Renaming.of("golden", "golden").rename(old));
  }

  @ParameterizedTest
  @CsvSource({
    "golden.vmdk, s01.vmdk",
    "./golden.vmdk, s01.vmdk",
    "/vms/golden/golden.vmdk, s01.vmdk",
    "../golden/golden.vmdk, s01.vmdk",
    "C:\\VMs\\golden\\golden.vmdk, s01.vmdk",
    "[ds1] golden/golden.vmdk, s01.vmdk",
    "[ds1] golden.vmdk, s01.vmdk",
    "disks/golden.vmdk, disks/golden.vmdk",
    "golden-disks/golden.vmdk, s01-disks/golden.vmdk",
  })
  void aReferenceFollowsItsFile(String old, String renamed) {
    assertEquals(renamed, Renaming.of("golden", "s01").renamePath(old));
  }

  @Test
  void twoFilesThatWouldGetOneNameAreNoticed() {
    Renaming renaming = Renaming.of("golden", "s01");
    assertTrue(renaming.collides(List.of("golden.vmx", "s01.vmx")));
    assertFalse(renaming.collides(List.of("golden.vmx", "golden.vmdk", "s01.nvram")));
  }

  @ParameterizedTest
  @CsvSource({
    "golden.vmem, true",
    "golden-3f1f1a2c.vswp, true",
    "golden-1a2b.vmss, true",
    "golden.vmdk.lck, true",
    ".lck-3f1f1a2c, true",
    "golden-Snapshot1.vmem, false",
    "golden-Snapshot1.vmsn, false",
    "golden.vmdk, false",
    "vmware.log, false",
  })
  void whatARunLeavesIsToldFromWhatASnapshotKeeps(String name, boolean isLeft) {
    assertEquals(isLeft, VmFiles.kind(name, "golden").isLeftByARun());
  }

  @Test
  void theMemoryOfAMachineCalledLikeASnapshotIsThatOfARun() {
    assertEquals(FileKind.MEMORY, VmFiles.kind("lab-Snapshot1.vmem", "lab-snapshot1"));
    assertEquals(FileKind.SNAPSHOT_MEMORY, VmFiles.kind("lab-Snapshot1.vmem", "lab"));
  }

  @ParameterizedTest
  @CsvSource({
    "golden.vmtx, golden.vmx",
    "GOLDEN.VMTX, GOLDEN.vmx",
    "golden.vmx, golden.vmx",
    "vmtx, vmtx",
    "a.vmtx.txt, a.vmtx.txt",
  })
  void aVsphereTemplatesConfigurationRunsUnderAnotherName(String template, String machine) {
    assertEquals(machine, VmFiles.runnableName(template));
  }
}
