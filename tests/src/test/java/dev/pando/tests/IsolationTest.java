package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Law 1, seen by the programs that people use. */
class IsolationTest {
  private static final int DISK_MEBIBYTES = 16;

  private static String digest(Path file) throws Exception {
    return Program.of("sha256sum", file.toString()).run().succeeded().out().substring(0, 64);
  }

  private static void overwrite(Path disk, int blockKibibytes, int count, int seekBlocks)
      throws Exception {
    Program.shell(
            "dd if=/dev/urandom of=\"$1\" bs=$2K count=$3 seek=$4 conv=notrunc status=none",
            disk,
            blockKibibytes,
            count,
            seekBlocks)
        .run()
        .succeeded();
  }

  @Test
  void aCloneReadsAsItsParentAndKeepsItsWritesToItself() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      TinyVm base = store.template("base", DISK_MEBIBYTES);
      store.pando("clone", "base", "s", "--count", "2").succeeded();
      String original = digest(base.disk());
      Path first = store.at("s01/s01-flat.vmdk");
      Path second = store.at("s02/s02-flat.vmdk");
      assertEquals(original, digest(first));
      overwrite(first, 4, 100, 7);
      overwrite(first, 1, 33, 4099);
      String changed = digest(first);
      assertNotEquals(original, changed);
      assertEquals(original, digest(second));
      assertEquals(original, digest(store.at("base/base-flat.vmdk")));
      store.umount();
      store.mount();
      assertEquals(changed, digest(first));
      assertEquals(original, digest(second));
      assertEquals(original, digest(store.at("base/base-flat.vmdk")));
    }
  }

  @Test
  void clonesOfAClonesCloneAreIsolatedInAllDirections() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("g0", DISK_MEBIBYTES);
      int depth = 5;
      for (int i = 1; i <= depth; i++) {
        store.pando("clone", "g" + (i - 1), "g" + i).succeeded();
        overwrite(store.at("g" + i + "/g" + i + "-flat.vmdk"), 64, 3, i * 10);
      }
      String[] digests = new String[depth + 1];
      for (int i = 0; i <= depth; i++) {
        digests[i] = digest(store.at("g" + i + "/g" + i + "-flat.vmdk"));
      }
      overwrite(store.at("g2/g2-flat.vmdk"), 64, 200, 3);
      for (int i = 0; i <= depth; i++) {
        String now = digest(store.at("g" + i + "/g" + i + "-flat.vmdk"));
        assertEquals(i == 2, !now.equals(digests[i]), "g" + i);
      }
    }
  }

  @Test
  void removingAParentDoesNotHarmItsClones() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      TinyVm base = store.template("base", DISK_MEBIBYTES);
      store.pando("clone", "base", "s01").succeeded();
      store.pando("thaw", "base").succeeded();
      overwrite(store.at("base/base-flat.vmdk"), 1024, DISK_MEBIBYTES, 0);
      store.pando("remove", "base", "--force").succeeded();
      assertEquals(List.of("s01"), store.names());
      assertEquals(digest(base.disk()), digest(store.at("s01/s01-flat.vmdk")));
      store.umount();
      store.mount();
      assertEquals(digest(base.disk()), digest(store.at("s01/s01-flat.vmdk")));
      JsonNode parent = store.json("show", "s01").path("parent");
      assertEquals("base", parent.path("name").asText());
      assertTrue(parent.path("deleted").asBoolean(), parent.toString());
    }
  }

  @Test
  void aCloneHasAnIdentityOfItsOwn() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", 1);
      store.pando("clone", "base", "s", "--count", "3").succeeded();
      JsonNode vms = store.json("list").path("vms");
      assertEquals(4, vms.size());
      List<JsonNode> shown =
          List.of(
              store.json("show", "base"), store.json("show", "s01"),
              store.json("show", "s02"), store.json("show", "s03"));
      assertEquals(4, shown.stream().map(vm -> vm.path("uuid").asText()).distinct().count());
      assertEquals(
          4, shown.stream().map(vm -> vm.path("macs").path(0).asText()).distinct().count());
      String vmx = Files.readString(store.at("s01/s01.vmx"));
      assertTrue(vmx.contains("scsi0:0.fileName = \"s01.vmdk\""), vmx);
      assertTrue(Files.readString(store.at("s01/s01.vmdk")).contains("\"s01-flat.vmdk\""));
      Program.of("qemu-img", "info", store.at("s01/s01.vmdk").toString()).run().succeeded();
    }
  }

  @Test
  void cloningCostsNextToNoSpace() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", DISK_MEBIBYTES);
      long before = store.json("space").path("storedBytes").asLong();
      store.pando("clone", "base", "s", "--count", "20").succeeded();
      JsonNode space = store.json("space");
      long grown = space.path("storedBytes").asLong() - before;
      assertTrue(grown <= 20 * 64 * 1024, grown + " bytes for 20 clones");
      assertTrue(
          space.path("savedByCloningBytes").asLong() >= 20L * (DISK_MEBIBYTES - 1) * (1 << 20),
          space.toString());
    }
  }

  @Test
  void copiesMadeWithCpAndRsyncAreWhole() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      TinyVm base = store.template("base", DISK_MEBIBYTES);
      store.pando("clone", "base", "s01").succeeded();
      Path copies = Files.createDirectory(store.work().resolve("copies"));
      Program.shell(
              "cp -a \"$1\" \"$2\"/cp && rsync -a \"$1\"/ \"$2\"/rsync/", store.at("s01"), copies)
          .run()
          .succeeded();
      Program.shell("cp -a \"$1\" \"$2\"", store.at("s01"), store.at("copy")).run().succeeded();
      for (Path copy : List.of(copies.resolve("cp"), copies.resolve("rsync"), store.at("copy"))) {
        Program.of("diff", "-r", store.at("s01").toString(), copy.toString()).run().succeeded();
      }
      assertEquals(digest(base.disk()), digest(store.at("copy/s01-flat.vmdk")));
    }
  }
}
