package dev.pando.daemon.vm;

import static dev.pando.daemon.vm.MachineBench.assertRefused;
import static dev.pando.daemon.vm.files.MachineException.Kind.MISSING;
import static dev.pando.daemon.vm.files.MachineException.Kind.REFUSED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.memory.Promise;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.Opener;
import dev.pando.daemon.tree.TreeEntry;
import dev.pando.daemon.vm.running.PowerRecord;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PowerTest {
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
  void whatWasPoweredOnRunsUntilItIsSwitchedOffAlsoForTheNextDaemon() throws Exception {
    bench.machines().powerOn("base", OptionalInt.empty(), false);
    bench.machines().powerOn("base", OptionalInt.empty(), false);
    bench.reopen();
    assertTrue(bench.machines().show("base").running());
    assertRefused(REFUSED, "pando power off base", () -> bench.machines().freeze("base"));
    assertRefused(REFUSED, "powered on", () -> bench.machines().remove(List.of("base"), false));
    assertRefused(REFUSED, "powered on", () -> bench.machines().rename("base", "other"));
    assertEquals(Optional.empty(), bench.machines().powerOff("base"));
    assertEquals(Optional.empty(), bench.machines().powerOff("base"));
    assertFalse(bench.machines().show("base").running());
    bench.machines().freeze("base");
  }

  @Test
  void whatIsOnForAProcessSaysWhichAndEndsWithIt() throws Exception {
    Process sleep = new ProcessBuilder("sleep", "600").start();
    try {
      int pid = (int) sleep.pid();
      bench.machines().powerOn("base", OptionalInt.of(pid), false);
      bench.reopen();
      assertEquals(List.of(new Opener(pid, "sleep")), bench.machines().show("base").runningBy());
      assertRefused(REFUSED, "sleep (pid " + pid, () -> bench.machines().freeze("base"));
      assertRefused(
          REFUSED, "sleep", () -> bench.machines().powerOn("base", OptionalInt.of(pid), false));
      assertRefused(
          REFUSED, "sleep", () -> bench.machines().powerOn("base", OptionalInt.empty(), false));
    } finally {
      sleep.destroyForcibly().waitFor();
    }
    assertFalse(bench.machines().show("base").running());
    assertRefused(
        REFUSED,
        "is gone",
        () -> bench.machines().powerOn("base", OptionalInt.of((int) sleep.pid()), false));
    bench.machines().freeze("base");
  }

  @Test
  void aRecordOfAnEarlierBootIsOfNoPower() {
    PowerRecord now = PowerRecord.untilOff(1);
    assertTrue(now.isOn());
    PowerRecord promised = now.with(new Promise(5, 3, 2));
    assertEquals(promised, PowerRecord.decode(promised.encode()));
    byte[] beforePromises = Arrays.copyOf(now.encode(), 36);
    assertEquals(now, PowerRecord.decode(beforePromises));
    UUID earlier = UUID.randomUUID();
    assertFalse(new PowerRecord(earlier, 1, 0, 0, false, false, true, Promise.NOTHING).isOn());
  }

  @Test
  void aTemplateIsNotPoweredOnAndAnOpenDiskStillCountsAfterPowerOff() throws Exception {
    try (OpenedDisk disk = OpenedDisk.of(bench, "base/base-flat.vmdk")) {
      bench.machines().powerOn("base", OptionalInt.empty(), false);
      assertTrue(bench.machines().powerOff("base").orElseThrow().contains("has it open"));
      assertTrue(disk.file().isDirect());
    }
    bench.machines().freeze("base");
    assertRefused(
        REFUSED, "template", () -> bench.machines().powerOn("base", OptionalInt.empty(), false));
    assertRefused(
        MISSING, "none", () -> bench.machines().powerOn("none", OptionalInt.empty(), false));
    assertRefused(MISSING, "none", () -> bench.machines().powerOff("none"));
  }

  @Test
  void whatHasLostItsFilesCanBeSwitchedOff() throws Exception {
    bench.clone("base", "gone");
    bench.machines().powerOn("gone", OptionalInt.empty(), false);
    long directory = bench.tree().node("gone");
    bench
        .tree()
        .tree()
        .<Void, ErrnoException>edit(
            edit -> {
              for (TreeEntry entry : bench.tree().tree().view().entries(directory)) {
                if (entry.node().isRegular()) {
                  edit.unlink(directory, entry.nameBytes());
                }
              }
              return null;
            });
    assertEquals(256L << 20, bench.machines().memory().report().promised().sizeBytes());
    assertEquals(Optional.empty(), bench.machines().powerOff("gone"));
    assertEquals(0, bench.machines().memory().report().promised().sizeBytes());
    assertRefused(MISSING, "no VM", () -> bench.machines().powerOff("gone"));
  }

  @Test
  void aCloneOfAPoweredOnVmIsOff() throws Exception {
    bench.machines().powerOn("base", OptionalInt.empty(), false);
    bench.clone("base", "s01");
    assertFalse(bench.machines().show("s01").running());
  }
}
