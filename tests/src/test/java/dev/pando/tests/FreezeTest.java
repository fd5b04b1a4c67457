package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Law 5: a frozen template is immutable by the file system itself, also for root. */
class FreezeTest {
  private static MountedStore store;

  @BeforeAll
  static void mount() throws Exception {
    store = MountedStore.mounted();
    store.template("base", 4);
    Files.writeString(store.at("outside"), "outside");
  }

  @AfterAll
  static void umount() throws Exception {
    store.close();
  }

  private static String state() throws Exception {
    return Program.shell(
            "cd \"$1\" && find . -printf '%p %s %m %u %g %n %l %A@ %T@ %C@\\n' | sort &&"
                + " find . -type f -exec sha256sum {} + | sort && getfattr -dR -m - . | sort",
            store.at("base"))
        .run()
        .succeeded()
        .out();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "echo x >>base.vmx",
        "echo x >base.vmx",
        ": >base.vmsd",
        "dd if=/dev/zero of=base-flat.vmdk bs=4096 count=1 conv=notrunc",
        "dd if=/dev/zero of=base-flat.vmdk bs=4096 count=1 conv=notrunc oflag=direct",
        "truncate -s 0 base-flat.vmdk",
        "truncate -s +1M base-flat.vmdk",
        "fallocate -p -o 0 -l 4096 base-flat.vmdk",
        "fallocate -l 8M base-flat.vmdk",
        "rm -f base.nvram",
        "touch new",
        "mkdir new",
        "ln -s base.vmx new",
        "mknod new p",
        "ln base.vmx new",
        "ln base.vmx ../new",
        "ln ../outside new",
        "mv base.vmx new.vmx",
        "mv base.vmx ..",
        "mv ../outside .",
        "mv -T ../outside base.vmx",
        "cd .. && mv base moved",
        "cd .. && rm -rf base",
        "chmod 700 base.vmx",
        "chmod 700 .",
        "chown 1:1 base.vmx",
        "touch base.vmx",
        "touch -d 2001-01-01 .",
        "setfattr -n user.x -v y base.vmx",
        "setfattr -n user.x -v y .",
        "cp ../outside base.vmx",
        "qemu-img resize -f vmdk base.vmdk 8M",
        "qemu-io -f raw -c 'write 0 4096' base-flat.vmdk",
      })
  void noWayOfChangingATemplateWorks(String change) throws Exception {
    String before = state();
    Outcome outcome = Program.shell("cd \"$1\" && " + change, store.at("base")).run();
    assertNotEquals(0, outcome.exitCode(), outcome::toString);
    assertTrue(
        outcome.err().contains("Read-only file system") || outcome.out().contains("Read-only"),
        outcome::toString);
    assertEquals(before, state());
  }

  @Test
  void aTemplateCanNotBeMappedForSharedWriting() throws Exception {
    Path disk = store.at("base/base-flat.vmdk");
    Outcome outcome =
        Program.of(
                "fio",
                "--name=m",
                "--ioengine=mmap",
                "--rw=randwrite",
                "--bs=4k",
                "--size=64k",
                "--filename=" + disk)
            .run();
    assertNotEquals(0, outcome.exitCode(), outcome::toString);
  }

  @Test
  void readingATemplateWorksAndLeavesItsAccessTimesAlone() throws Exception {
    String before = state();
    Program.shell("cat \"$1\"/* >/dev/null", store.at("base")).run().succeeded();
    Program.of("qemu-img", "check", "-f", "raw", store.at("base/base-flat.vmdk").toString()).run();
    Program.of(
            "qemu-img",
            "convert",
            "-O",
            "raw",
            store.at("base/base.vmdk").toString(),
            store.work().resolve("converted").toString())
        .run()
        .succeeded();
    assertEquals(before, state());
  }

  @Test
  void aVmThatIsOpenForWritingIsNotFrozen() throws Exception {
    store.pando("clone", "base", "busy").succeeded();
    try (FileChannel open =
        FileChannel.open(store.at("busy/busy-flat.vmdk"), StandardOpenOption.WRITE)) {
      store.pando("freeze", "busy").refusedWith(3);
      assertEquals(1, open.write(ByteBuffer.wrap(new byte[1]), 0));
    }
    store.pando("freeze", "busy").succeeded();
    store.pando("remove", "busy").succeeded();
  }

  @Test
  void aVmWithALinkOutsideIsNotFrozen() throws Exception {
    store.pando("clone", "base", "linked").succeeded();
    Files.createLink(store.at("linked.nvram"), store.at("linked/linked.nvram"));
    store.pando("freeze", "linked").refusedWith(3);
    Files.delete(store.at("linked.nvram"));
    store.pando("freeze", "linked").succeeded();
    store.pando("remove", "linked").succeeded();
  }

  @Test
  void afterAThawTheVmCanBeChangedAndFrozenAgainAsTheNextGeneration() throws Exception {
    store.pando("clone", "base", "t").succeeded();
    assertEquals("t@1\n", store.pando("freeze", "t").succeeded().out());
    store.pando("thaw", "t").succeeded();
    Files.writeString(store.at("t/t.vmsd"), "changed");
    assertEquals("t@2\n", store.pando("freeze", "t").succeeded().out());
    assertEquals("t@2\n", store.pando("freeze", "t").succeeded().out());
    store.pando("remove", "t").succeeded();
  }
}
