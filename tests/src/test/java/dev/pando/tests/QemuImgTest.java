package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** QEMU's own tools on clones of every format that they write. */
class QemuImgTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int DIFFERENT = 1; // of qemu-img compare
  private static final int NOT_SUPPORTED = 63; // of qemu-img check

  /** An image with something in it, in the directory of a VM of the same name. */
  private static Path image(
      MountedStore store, String name, String file, String format, String options)
      throws Exception {
    Path host = Files.createDirectories(store.work().resolve("host").resolve(name));
    Path image = host.resolve(file);
    Program.shell(
            """
            set -e
            qemu-img create -q -f "$2" ${3:+-o "$3"} "$1" 64M
            qemu-io -f "$2" -c 'write -P 17 1M 3M' -c 'write -P 18 40M 64K' "$1" >/dev/null
            """,
            image,
            format,
            options == null ? "" : options)
        .run()
        .succeeded();
    store.pando("import", host.toString()).succeeded();
    return image;
  }

  private static JsonNode info(Path image) throws Exception {
    return JSON.readTree(
        Program.of("qemu-img", "info", "--output=json", image.toString()).run().succeeded().out());
  }

  private static int compare(Path a, Path b, String format) throws Exception {
    return Program.of("qemu-img", "compare", "-f", format, "-F", format, a.toString(), b.toString())
        .run()
        .exitCode();
  }

  private static void check(Path image, String format) throws Exception {
    Outcome check = Program.of("qemu-img", "check", "-f", format, image.toString()).run();
    assertTrue(check.exitCode() == 0 || check.exitCode() == NOT_SUPPORTED, check::toString);
  }

  private static void io(Path image, String format, String... commands) throws Exception {
    List<String> words = new ArrayList<>(List.of("qemu-io", "-f", format));
    for (String command : commands) {
      words.addAll(List.of("-c", command));
    }
    words.add(image.toString());
    Outcome io = Program.of(words).run().succeeded();
    assertTrue(!io.out().contains("verification failed"), io::toString);
  }

  @ParameterizedTest
  @CsvSource({
    "vm.vmdk, vmdk, subformat=monolithicFlat",
    "vm.vmdk, vmdk, subformat=monolithicSparse",
    "vm.vmdk, vmdk, subformat=twoGbMaxExtentFlat",
    "vm.vmdk, vmdk, subformat=twoGbMaxExtentSparse",
    "vm.qcow2, qcow2,",
    "vm.raw, raw,",
    "vm.vdi, vdi,",
    "vm.vhdx, vhdx,",
  })
  void clonesOfEveryFormatAreWholeAndTheirOwn(String file, String format, String options)
      throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      Path original = image(store, "vm", file, format, options);
      store.pando("clone", "vm", "linked").succeeded();
      store.pando("clone", "vm", "full", "--full").succeeded();
      Path parent = store.at("vm/" + file);
      for (String name : List.of("linked", "full")) {
        Path clone = store.at(name + "/" + name + file.substring(2));
        assertEquals(info(parent).path("virtual-size"), info(clone).path("virtual-size"));
        check(clone, format);
        assertEquals(0, compare(parent, clone, format), name);
        io(clone, format, "write -P 99 2M 64K", "read -P 17 1M 1M");
        check(clone, format);
        assertEquals(DIFFERENT, compare(parent, clone, format), name);
        assertEquals(0, compare(original, parent, format), name);
        // a descriptor that QEMU has written to is cloned as any
        store.pando("clone", name, name + "-again").succeeded();
        Path again = store.at(name + "-again/" + name + "-again" + file.substring(2));
        assertEquals(0, compare(clone, again, format), name);
      }
      check(parent, format);
    }
  }

  @Test
  void aChainOfClonesKeepsWhatEachHasWritten() throws Exception {
    int depth = 8;
    try (MountedStore store = MountedStore.mounted()) {
      image(store, "g0", "g0.raw", "raw", null);
      for (int level = 1; level <= depth; level++) {
        store.pando("clone", "g" + (level - 1), "g" + level).succeeded();
        io(
            store.at("g%1$d/g%1$d.raw".formatted(level)),
            "raw",
            "write -P %d %dM 8K".formatted(level, level),
            "write -P %d 32M 4K".formatted(level));
      }
      for (int level = 1; level <= depth; level++) {
        Path disk = store.at("g%1$d/g%1$d.raw".formatted(level));
        io(disk, "raw", "read -P %d 32M 4K".formatted(level), "read -P 18 40M 64K");
        for (int above = 1; above <= level; above++) {
          io(disk, "raw", "read -P %d %dM 8K".formatted(above, above));
        }
      }
      assertNotEquals(0, compare(store.at("g1/g1.raw"), store.at("g8/g8.raw"), "raw"));
    }
  }
}
