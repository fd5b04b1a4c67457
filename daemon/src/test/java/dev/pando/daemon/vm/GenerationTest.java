package dev.pando.daemon.vm;

import static dev.pando.daemon.vm.MachineBench.assertRefused;
import static dev.pando.daemon.vm.files.MachineException.Kind.MISSING;
import static dev.pando.daemon.vm.files.MachineException.Kind.REFUSED;
import static dev.pando.daemon.vm.files.MachineException.Kind.USAGE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.vm.listing.Machine;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerationTest {
  private static final String DISK = "base/base-flat.vmdk";

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

  /** Thaws, writes {@code text} to the beginning of the disk, and freezes again. */
  private void update(String text) throws Exception {
    bench.machines().thaw("base");
    try (OpenedDisk disk = OpenedDisk.of(bench, DISK)) {
      disk.write(0, text);
    }
    bench.machines().freeze("base");
  }

  private List<Integer> earlier(String name) throws Exception {
    return bench.machines().show(name).details().orElseThrow().generations().stream()
        .map(Machine.EarlierGeneration::number)
        .toList();
  }

  @Test
  void everyGenerationCanBeClonedAsItWas() throws Exception {
    bench.machines().freeze("base");
    update("second");
    update("third ");
    bench.reopen();
    assertEquals(List.of(1, 2), earlier("base"));
    bench.clone("base@1", "first");
    bench.clone("base@2", "second");
    bench.clone("base@3", "third");
    bench.clone("base", "newest");
    assertArrayEquals(base.disk(), bench.content("first/first-flat.vmdk"));
    assertTrue(bench.text("second/second-flat.vmdk").startsWith("second"));
    assertTrue(bench.text("third/third-flat.vmdk").startsWith("third "));
    assertTrue(bench.text("newest/newest-flat.vmdk").startsWith("third "));
    for (int number = 1; number <= 3; number++) {
      String clone = List.of("first", "second", "third").get(number - 1);
      assertEquals(
          new Machine.Parent("base", OptionalInt.of(number), false),
          bench.machines().show(clone).parent().orElseThrow());
    }
  }

  @Test
  void aThawedTemplatesGenerationCanBeClonedWhileItIsEdited() throws Exception {
    bench.machines().freeze("base");
    bench.machines().thaw("base");
    try (OpenedDisk disk = OpenedDisk.of(bench, DISK)) {
      disk.write(0, "half-done");
      bench.clone("base@1", "clean");
      bench.clone("base", "current");
    }
    assertArrayEquals(base.disk(), bench.content("clean/clean-flat.vmdk"));
    assertTrue(bench.text("current/current-flat.vmdk").startsWith("half-done"));
    assertEquals(
        OptionalInt.empty(), bench.machines().show("current").parent().orElseThrow().generation());
  }

  @Test
  void whatIsNoGenerationIsMissing() throws Exception {
    assertRefused(MISSING, "never frozen", () -> bench.clone("base@1", "s01"));
    bench.machines().freeze("base");
    assertRefused(MISSING, "no generation 2", () -> bench.clone("base@2", "s01"));
    assertRefused(MISSING, "no VM", () -> bench.clone("none@1", "s01"));
    assertRefused(USAGE, "generation", () -> bench.clone("base", "s@1"));
  }

  @Test
  void aCloneStaysWhatItWasWhenItsGenerationIsRemoved() throws Exception {
    bench.machines().freeze("base");
    update("second");
    bench.clone("base@1", "s01");
    assertRefused(REFUSED, "s01", () -> bench.machines().remove(List.of("base@1"), false));
    assertRefused(
        REFUSED,
        "what the template is now",
        () -> bench.machines().remove(List.of("base@2"), true));
    bench.machines().remove(List.of("base@1"), true);
    assertEquals(List.of(), earlier("base"));
    assertRefused(MISSING, "no generation 1", () -> bench.clone("base@1", "s02"));
    bench.reopen();
    assertArrayEquals(base.disk(), bench.content("s01/s01-flat.vmdk"));
  }

  @Test
  void generationsEndWithTheirTemplate() throws Exception {
    bench.machines().remove(List.of("base"), false);
    int before = bench.tree().recordCount();
    bench.importVm("base");
    bench.machines().freeze("base");
    update("second");
    bench.machines().remove(List.of("base"), false);
    assertEquals(before, bench.tree().recordCount(), "removed by command");
    bench.importVm("base");
    bench.machines().freeze("base");
    bench.machines().thaw("base");
    removeAll("base");
    bench.reopen();
    assertEquals(before, bench.tree().recordCount(), "removed by rm -r");
  }

  private void removeAll(String directory) throws Exception {
    for (String name : bench.tree().list(directory)) {
      String path = directory + "/" + name;
      if (name.equals("scripts")) {
        removeAll(path);
      } else {
        bench.tree().unlink(path);
      }
    }
    bench.tree().removeDirectory(directory);
  }

  @Test
  void aThawThatIsRefusedKeepsNothing() throws Exception {
    bench.machines().freeze("base");
    int before = bench.tree().recordCount();
    var reader = bench.tree().open(DISK, 0);
    assertRefused(REFUSED, "in use", () -> bench.machines().thaw("base"));
    reader.release();
    assertEquals(before, bench.tree().recordCount());
    assertEquals(List.of(), earlier("base"));
  }
}
