package dev.pando.daemon.vm;

import static dev.pando.daemon.tree.TreeBench.assertErrno;
import static dev.pando.daemon.vm.MachineBench.assertRefused;
import static dev.pando.daemon.vm.files.MachineException.Kind.MISSING;
import static dev.pando.daemon.vm.files.MachineException.Kind.REFUSED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.tree.AttributeChange;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.OpenFile;
import dev.pando.daemon.tree.TreeBench;
import dev.pando.daemon.vm.listing.Machine;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FreezeTest {
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
  void aTemplateCanNotBeChangedInAnyOfItsFiles() throws Exception {
    bench.machines().freeze("base");
    for (String file : List.of("base.vmx", "base-flat.vmdk", "scripts/setup.sh")) {
      assertErrno(Errno.EROFS, () -> bench.tree().open("base/" + file, TreeBench.READ_WRITE));
      assertErrno(Errno.EROFS, () -> bench.tree().unlink("base/" + file));
      assertErrno(Errno.EROFS, () -> bench.tree().chmod("base/" + file, 0600));
    }
    assertErrno(Errno.EROFS, () -> bench.tree().unlink("base/latest"));
    assertErrno(Errno.EROFS, () -> bench.tree().write("base/new", ""));
    assertErrno(Errno.EROFS, () -> bench.tree().write("base/scripts/new", ""));
    assertErrno(Errno.EROFS, () -> bench.tree().rename("base", "other"));
    bench.reopen();
    assertErrno(Errno.EROFS, () -> bench.tree().unlink("base/base.vmx"));
    assertEquals(Machine.Kind.TEMPLATE, bench.machines().show("base").kind());
  }

  @Test
  void everyFreezeIsTheNextGenerationAndAFrozenOneStays() throws Exception {
    bench.machines().freeze("base");
    bench.machines().freeze("base");
    assertEquals(OptionalInt.of(1), bench.machines().show("base").generation());
    bench.clone("base", "first");
    bench.machines().thaw("base");
    assertEquals(OptionalInt.empty(), bench.machines().show("base").generation());
    assertEquals(Machine.Kind.VM, bench.machines().show("base").kind());
    bench.tree().write("base/notes.txt", "changed");
    bench.machines().freeze("base");
    bench.clone("base", "second");
    bench.reopen();
    assertEquals(OptionalInt.of(2), bench.machines().show("base").generation());
    assertEquals(
        OptionalInt.of(1), bench.machines().show("first").parent().orElseThrow().generation());
    assertEquals(
        OptionalInt.of(2), bench.machines().show("second").parent().orElseThrow().generation());
    assertEquals("the owner's own", bench.text("first/notes.txt"));
    assertEquals("changed", bench.text("second/notes.txt"));
  }

  @Test
  void whatIsOpenForWritingIsNotFrozenAndSaysByWhom() throws Exception {
    OpenFile disk = bench.tree().open("base/base-flat.vmdk", TreeBench.READ_WRITE);
    String pid = Long.toString(ProcessHandle.current().pid());
    assertRefused(REFUSED, pid, () -> bench.machines().freeze("base"));
    assertTrue(bench.machines().show("base").running());
    assertEquals(1, bench.machines().list().get(0).runningBy().size());
    disk.release();
    OpenFile notes = bench.tree().open("base/notes.txt", TreeBench.READ_WRITE);
    assertRefused(REFUSED, "open for writing", () -> bench.machines().freeze("base"));
    assertFalse(bench.machines().show("base").running());
    notes.release();
    OpenFile reader = bench.tree().open("base/base-flat.vmdk", TreeBench.READ);
    bench.machines().freeze("base");
    reader.release();
  }

  @Test
  void aLockASuspendedStateOrALinkOutsidePreventsIt() throws Exception {
    bench.tree().makeDirectory("base/base.vmdk.lck");
    bench.machines().freeze("base");
    bench.machines().thaw("base");
    bench.tree().write("base/base.vmdk.lck/M1.lck", "held");
    assertRefused(REFUSED, "lock", () -> bench.machines().freeze("base"));
    assertTrue(bench.machines().show("base").running());
    bench.tree().unlink("base/base.vmdk.lck/M1.lck");
    bench.tree().write("base/base.vmss", "memory");
    assertRefused(REFUSED, "suspended", () -> bench.machines().freeze("base"));
    bench.tree().unlink("base/base.vmss");
    bench.tree().link("base/notes.txt", "outside");
    assertRefused(REFUSED, "notes.txt", () -> bench.machines().freeze("base"));
    bench.tree().unlink("outside");
    bench.tree().link("base/notes.txt", "base/inside");
    bench.machines().freeze("base");
  }

  @Test
  void whatAnUncleanEndLeftPreventsIt() throws Exception {
    bench.tree().write("base/base.vmem", "memory");
    assertRefused(REFUSED, "base.vmem is left of a run", () -> bench.machines().freeze("base"));
    bench.tree().unlink("base/base.vmem");
    byte[] header = new byte[512];
    ByteBuffer out = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
    out.put("KDMV".getBytes(StandardCharsets.US_ASCII)).putInt(1).putInt(1);
    out.putLong(12, 2048).putLong(20, 64).putInt(44, 512).putLong(64, 1);
    out.put(72, (byte) 1).put(73, new byte[] {10, 32, 13, 10});
    bench.tree().write("base/data.vmdk", new String(header, StandardCharsets.US_ASCII));
    assertRefused(REFUSED, "data.vmdk was not closed", () -> bench.machines().freeze("base"));
    header[72] = 0;
    bench.tree().write("base/data.vmdk", new String(header, StandardCharsets.US_ASCII));
    bench.machines().freeze("base");
  }

  @Test
  void aLockFromBeforeTheHostWasBootedIsOfACrashedVmAndNotOfARunningOne() throws Exception {
    bench.tree().makeDirectory("base/base.vmdk.lck");
    bench.tree().write("base/base.vmdk.lck/M1.lck", "held");
    AttributeChange old = new AttributeChange();
    old.valid = AttributeChange.MTIME;
    old.modifySeconds = 1_000_000_000;
    bench.tree().setAttributes("base/base.vmdk.lck/M1.lck", old);
    assertFalse(bench.machines().show("base").running());
    assertRefused(REFUSED, "crashed", () -> bench.machines().freeze("base"));
    bench.machines().remove(List.of("base"), false);
  }

  @Test
  void aTemplateWhoseDiskIsReadIsNotThawed() throws Exception {
    bench.machines().freeze("base");
    OpenFile reader = bench.tree().open("base/base-flat.vmdk", TreeBench.READ);
    String pid = Long.toString(ProcessHandle.current().pid());
    assertRefused(REFUSED, pid, () -> bench.machines().thaw("base"));
    assertEquals(Machine.Kind.TEMPLATE, bench.machines().show("base").kind());
    reader.release();
    bench.machines().thaw("base");
  }

  @Test
  void whatCouldNotBeClonedIsNoTemplate() throws Exception {
    bench.tree().unlink("base/base-flat.vmdk");
    assertRefused(REFUSED, "base-flat.vmdk", () -> bench.machines().freeze("base"));
    assertRefused(MISSING, "nothing", () -> bench.machines().freeze("nothing"));
  }

  @Test
  void onlyATemplateIsThawed() throws Exception {
    assertRefused(REFUSED, "never frozen", () -> bench.machines().thaw("base"));
    bench.machines().freeze("base");
    bench.machines().thaw("base");
    assertRefused(REFUSED, "thawed already", () -> bench.machines().thaw("base"));
    bench.clone("base", "s01");
    assertRefused(REFUSED, "merged back", () -> bench.machines().thaw("s01"));
  }

  @Test
  void aFrozenCloneIsATemplateThatKnowsItsParent() throws Exception {
    bench.clone("base", "s01");
    bench.machines().freeze("s01");
    Machine template = bench.machines().show("s01");
    assertEquals(Machine.Kind.TEMPLATE, template.kind());
    assertEquals("base", template.parent().orElseThrow().name());
    bench.machines().thaw("s01");
    assertEquals(Machine.Kind.LINKED_CLONE, bench.machines().show("s01").kind());
  }

  @Test
  void aCopyOfATemplateIsNoTemplate() throws Exception {
    bench.machines().freeze("base");
    bench.tree().makeDirectory("copy");
    bench.tree().write("copy/copy.vmx", bench.text("base/base.vmx"));
    Machine copy = bench.machines().show("copy");
    assertEquals(Machine.Kind.VM, copy.kind());
    assertTrue(copy.parent().isEmpty());
  }
}
