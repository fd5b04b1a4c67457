package dev.pando.tests.conformance;

import static dev.pando.tests.conformance.Posix.FALLOC_KEEP_SIZE;
import static dev.pando.tests.conformance.Posix.FALLOC_PUNCH_HOLE;
import static dev.pando.tests.conformance.Posix.MAP_SHARED;
import static dev.pando.tests.conformance.Posix.O_CREAT;
import static dev.pando.tests.conformance.Posix.O_DIRECT;
import static dev.pando.tests.conformance.Posix.O_DSYNC;
import static dev.pando.tests.conformance.Posix.O_RDONLY;
import static dev.pando.tests.conformance.Posix.O_RDWR;
import static dev.pando.tests.conformance.Posix.O_SYNC;
import static dev.pando.tests.conformance.Posix.PROT_READ;
import static dev.pando.tests.conformance.Posix.PROT_WRITE;
import static dev.pando.tests.conformance.Posix.RWF_DSYNC;
import static dev.pando.tests.conformance.Volume.EXT4;
import static dev.pando.tests.conformance.Volume.JNR_FUSE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.tests.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import jnr.ffi.Pointer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What is synced is there after the power fails. */
@ParameterizedClass
@EnumSource(Volume.class)
final class PowerLossTest {
  private static final int SIZE = 100_000;
  private static final int WRITTEN = 50_000;

  /** A way to write bytes at an offset that are durable when it returns. */
  private interface DurableWrite {
    void write(Path file, byte[] data, long offset);
  }

  private static LossyDisk disk;

  private final Volume volume;

  PowerLossTest(Volume volume) {
    this.volume = volume;
  }

  @BeforeParameterizedClassInvocation
  static void mount(Volume volume) throws Exception {
    disk = LossyDisk.with(volume);
  }

  @AfterParameterizedClassInvocation
  static void unmount() throws Exception {
    disk.close();
  }

  private static Path at(String name) {
    return disk.root().resolve(name);
  }

  private static void write(Path file, int flags, byte[] data, long offset) {
    int fd = Posix.open(file, O_RDWR | flags);
    assertEquals(data.length, Posix.pwrite(fd, DataTest.aligned(data), offset));
    Posix.close(fd);
  }

  private static void writeAndSync(Path file, byte[] data, long offset, boolean dataOnly) {
    int fd = Posix.open(file, O_CREAT | O_RDWR, 0644);
    Posix.pwrite(fd, data, offset);
    if (dataOnly) {
      Posix.fdatasync(fd);
    } else {
      Posix.fsync(fd);
    }
    Posix.close(fd);
  }

  private static void writeMapped(Path file, byte[] data, long offset) {
    int fd = Posix.open(file, O_RDWR);
    long length = offset + data.length;
    Posix.ftruncate(fd, Math.max(length, Posix.fstat(fd).size()));
    Pointer memory = Posix.mmap(fd, 0, length, PROT_READ | PROT_WRITE, MAP_SHARED);
    memory.put(offset, data, 0, data.length);
    Posix.msync(memory, length);
    Posix.munmap(memory, length);
    Posix.close(fd);
  }

  private Map<String, DurableWrite> ways() {
    Map<String, DurableWrite> ways = new LinkedHashMap<>();
    ways.put("fsync", (file, data, offset) -> writeAndSync(file, data, offset, false));
    ways.put("fdatasync", (file, data, offset) -> writeAndSync(file, data, offset, true));
    ways.put("dsync", (file, data, offset) -> write(file, O_DSYNC, data, offset));
    ways.put("sync", (file, data, offset) -> write(file, O_SYNC, data, offset));
    ways.put(
        "direct-dsync",
        (file, data, offset) -> {
          // whole blocks, for the control
          int rest = data.length % 4096;
          write(file, O_DSYNC | O_DIRECT, Arrays.copyOf(data, data.length - rest), offset);
          byte[] last = Arrays.copyOfRange(data, data.length - rest, data.length);
          write(file, O_DSYNC, last, offset + data.length - rest);
        });
    ways.put(
        "rwf-dsync",
        (file, data, offset) -> {
          int fd = Posix.open(file, O_RDWR);
          Posix.pwritev2(fd, DataTest.aligned(data), offset, RWF_DSYNC);
          Posix.close(fd);
        });
    if (volume != JNR_FUSE) { // libfuse 2 has no shared mapping of direct files: ENODEV
      ways.put("msync", PowerLossTest::writeMapped);
    }
    return ways;
  }

  /** Each file depends on its own sync: another's makes no data of it durable. */
  @Test
  void whatWasSyncedIsThere() throws Exception {
    Map<Path, byte[]> expected = new LinkedHashMap<>();
    for (String way : ways().keySet()) {
      for (String suffix : new String[] {".bin", ".raw"}) {
        byte[] before = DataTest.data(SIZE);
        writeAndSync(at(way + suffix), before, 0, false);
        expected.put(Path.of(way + suffix), before);
      }
    }
    syncRoot();
    ways()
        .forEach(
            (way, write) -> {
              for (String suffix : new String[] {".bin", ".raw"}) {
                for (int offset : new int[] {8192, SIZE - SIZE % 4096}) {
                  byte[] data = DataTest.data(WRITTEN);
                  write.write(at(way + suffix), data, offset);
                  expected.compute(
                      Path.of(way + suffix), (file, old) -> DataTest.with(old, offset, data));
                }
              }
            });
    try (LossyDisk found = disk.afterPowerLoss()) {
      for (Map.Entry<Path, byte[]> file : expected.entrySet()) {
        byte[] content = Files.readAllBytes(found.root().resolve(file.getKey()));
        assertArrayEquals(file.getValue(), content, file.getKey().toString());
      }
    }
  }

  private static void syncRoot() {
    int root = Posix.open(disk.root(), O_RDONLY);
    Posix.fsync(root);
    Posix.close(root);
  }

  /** The claim of the others can fail: what nobody synced is lost. */
  @Test
  void whatWasNotSyncedIsLostByTheControl() throws Exception {
    Assumptions.assumeTrue(volume == EXT4, "it may be there, or not");
    Files.write(at("unsynced"), DataTest.data(SIZE));
    try (LossyDisk found = disk.afterPowerLoss()) {
      assertFalse(Files.exists(found.root().resolve("unsynced")));
    }
  }

  @Test
  void aNewFileIsThereOnceItIsSynced() throws Exception {
    byte[] data = DataTest.data(SIZE);
    Posix.mkdir(at("directory"), 0755);
    writeAndSync(at("directory/new.raw"), data, 0, false);
    try (LossyDisk found = disk.afterPowerLoss()) {
      assertArrayEquals(data, Files.readAllBytes(found.root().resolve("directory/new.raw")));
    }
  }

  @Test
  void holesAndSizesAreThereOnceTheyAreSynced() throws Exception {
    byte[] data = DataTest.data(SIZE);
    for (String name : new String[] {"punched.raw", "cut.bin", "grown.raw"}) {
      writeAndSync(at(name), data, 0, false);
    }
    int punched = Posix.open(at("punched.raw"), O_RDWR);
    Posix.fallocate(punched, FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE, 5000, 40_000);
    Posix.fdatasync(punched);
    int cut = Posix.open(at("cut.bin"), O_RDWR);
    Posix.ftruncate(cut, 12_345);
    Posix.fsync(cut);
    int grown = Posix.open(at("grown.raw"), O_RDWR);
    Posix.ftruncate(grown, 12_345);
    Posix.ftruncate(grown, 2 * SIZE);
    Posix.fdatasync(grown);
    try (LossyDisk found = disk.afterPowerLoss()) {
      Path root = found.root();
      byte[] cutData = Arrays.copyOf(data, 12_345);
      assertArrayEquals(
          DataTest.with(data, 5000, new byte[40_000]),
          Files.readAllBytes(root.resolve("punched.raw")));
      assertArrayEquals(cutData, Files.readAllBytes(root.resolve("cut.bin")));
      assertArrayEquals(
          Arrays.copyOf(cutData, 2 * SIZE), Files.readAllBytes(root.resolve("grown.raw")));
    } finally {
      Posix.close(punched);
      Posix.close(cut);
      Posix.close(grown);
    }
  }

  @Test
  void aCopyIsThereOnceItIsSynced() throws Exception {
    byte[] data = DataTest.data(SIZE);
    int in = Posix.open(at("source.raw"), O_CREAT | O_RDWR, 0644);
    Posix.pwrite(in, data, 0);
    int out = Posix.open(at("target.raw"), O_CREAT | O_RDWR, 0644);
    assertEquals(SIZE, Posix.copyFileRange(in, 0, out, 0, SIZE));
    Posix.pwrite(in, new byte[SIZE], 0);
    Posix.fsync(out);
    try (LossyDisk found = disk.afterPowerLoss()) {
      assertArrayEquals(data, Files.readAllBytes(found.root().resolve("target.raw")));
    } finally {
      Posix.close(in);
      Posix.close(out);
    }
  }

  /** Nobody synced the source, which is written to again; its clone is as it was at its instant. */
  @Test
  void aCloneIsThereOnceTheCommandHasReturned() throws Exception {
    Assumptions.assumeTrue(volume.isPando());
    byte[] data = DataTest.data(SIZE);
    Posix.mkdir(at("vm"), 0755);
    Files.writeString(at("vm/vm.vmx"), "displayName = \"vm\"\nscsi0:0.fileName = \"vm.raw\"\n");
    writeAndSync(at("vm/vm.raw"), data, 0, false);
    byte[] later = DataTest.data(WRITTEN);
    int source = Posix.open(at("vm/vm.raw"), O_RDWR);
    Posix.pwrite(source, later, 0); // in place
    disk.pando("clone", "vm", "one");
    Posix.pwrite(source, later, WRITTEN); // in new blocks
    disk.pando("clone", "vm", "two");
    disk.pando("clone", "one", "three");
    Posix.pwrite(source, new byte[SIZE], 0);
    try (LossyDisk found = disk.afterPowerLoss()) {
      byte[] first = DataTest.with(data, 0, later);
      byte[] second = DataTest.with(first, WRITTEN, later);
      Path root = found.root();
      assertArrayEquals(first, Files.readAllBytes(root.resolve("one/one.raw")));
      assertArrayEquals(second, Files.readAllBytes(root.resolve("two/two.raw")));
      assertArrayEquals(first, Files.readAllBytes(root.resolve("three/three.raw")));
      String text = Files.readString(root.resolve("three/three.vmx"));
      assertTrue(text.contains("three.raw"), text);
    } finally {
      Posix.close(source);
    }
  }

  @Test
  void namesAreThereOnceTheirDirectoryIsSynced() throws Exception {
    byte[] data = DataTest.data(SIZE);
    for (String name : new String[] {"old", "removed", "replaced"}) {
      writeAndSync(at(name), DataTest.data(10), 0, false);
    }
    writeAndSync(at("replacement"), data, 0, false);
    Posix.mkdir(at("made"), 0700);
    Posix.rename(at("old"), at("made/new"));
    Posix.unlink(at("removed"));
    Posix.rename(at("replacement"), at("replaced"));
    Posix.symlink(Posix.bytes("target"), at("link"));
    int made = Posix.open(at("made"), O_RDONLY);
    Posix.fsync(made);
    Posix.close(made);
    syncRoot();
    try (LossyDisk found = disk.afterPowerLoss()) {
      Path root = found.root();
      assertTrue(Files.exists(root.resolve("made/new")));
      assertFalse(Files.exists(root.resolve("old")));
      assertFalse(Files.exists(root.resolve("removed")));
      assertFalse(Files.exists(root.resolve("replacement")));
      assertEquals(Path.of("target"), Files.readSymbolicLink(root.resolve("link")));
      assertArrayEquals(data, Files.readAllBytes(root.resolve("replaced")));
    }
  }

  @Test
  void aFileReplacedWithoutASyncIsTheOldOneOrTheNew() throws Exception {
    byte[] before = DataTest.data(SIZE);
    byte[] after = DataTest.data(SIZE);
    writeAndSync(at("file"), before, 0, false);
    Files.write(at("file.tmp"), after);
    Posix.rename(at("file.tmp"), at("file"));
    // a neighbour's sync makes the names durable
    writeAndSync(at("neighbour"), after, 0, false);
    try (LossyDisk found = disk.afterPowerLoss()) {
      byte[] content = Files.readAllBytes(found.root().resolve("file"));
      assertArrayEquals(Arrays.equals(before, content) ? before : after, content);
    }
  }

  @Test
  void aWholeFileSystemIsSynced() throws Exception {
    Assumptions.assumeFalse(
        volume.isPando(), "the kernel sends no SYNCFS to a FUSE mount; no error");
    byte[] data = DataTest.data(SIZE);
    Files.write(at("by-syncfs"), data);
    int root = Posix.open(disk.root(), O_RDONLY);
    Posix.syncfs(root);
    Posix.close(root);
    Files.write(at("by-sync"), data);
    Program.of("sync").run().succeeded();
    try (LossyDisk found = disk.afterPowerLoss()) {
      assertArrayEquals(data, Files.readAllBytes(found.root().resolve("by-syncfs")));
      assertArrayEquals(data, Files.readAllBytes(found.root().resolve("by-sync")));
    }
  }
}
