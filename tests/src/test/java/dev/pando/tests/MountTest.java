package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;

class MountTest {
  @Test
  void mountAndUmountMayBeRepeated() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      long pid = store.daemon().pid();
      store.mount();
      assertEquals(pid, store.daemon().pid());
      store.umount();
      store.umount();
    }
  }

  @Test
  void whatWasWrittenIsThereAfterTheNextMount() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      Files.createDirectories(store.at("a/b"));
      Files.writeString(store.at("a/b/note"), "kept");
      store.umount();
      assertFalse(Files.exists(store.at("a")));
      store.mount();
      assertEquals("kept", Files.readString(store.at("a/b/note")));
    }
  }

  @Test
  void umountReturnsWhenTheDaemonIsGone() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      ProcessHandle daemon = store.daemon();
      store.umount();
      assertFalse(Daemons.runs(daemon));
    }
  }

  @Test
  void aStoreInUseIsRefusedElsewhere() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      Path second = Files.createDirectory(store.work().resolve("second"));
      store.pando("mount", store.store().toString(), second.toString()).refusedWith(3);
      assertEquals(0, second.toFile().list().length);
    }
  }

  @Test
  void aMountPointThatShowsAnotherStoreIsRefused() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      Path other = store.work().resolve("other");
      store.pando("mount", other.toString(), store.mountpoint().toString()).refusedWith(3);
      assertFalse(Files.exists(other));
    }
  }

  @Test
  void aMountPointThatIsNotThereIsMissing() throws Exception {
    try (MountedStore store = MountedStore.unmounted()) {
      Path nowhere = store.work().resolve("nowhere");
      store.pando("mount", store.store().toString(), nowhere.toString()).refusedWith(4);
      assertFalse(Files.exists(store.store()));
      assertFalse(Files.exists(nowhere));
    }
  }

  @Test
  void aMountPointThatIsNotEmptyIsRefused() throws Exception {
    try (MountedStore store = MountedStore.unmounted()) {
      Files.writeString(store.at("mine"), "mine");
      store.pando("mount", store.store().toString(), store.mountpoint().toString()).refusedWith(3);
      assertFalse(Files.exists(store.store()));
      assertEquals("mine", Files.readString(store.at("mine")));
      Files.delete(store.at("mine"));
    }
  }

  @Test
  void aDirectoryThatIsNoStoreIsRefused() throws Exception {
    try (MountedStore store = MountedStore.unmounted()) {
      Files.createDirectory(store.store());
      Files.writeString(store.store().resolve("letter"), "dear");
      store.pando("mount", store.store().toString(), store.mountpoint().toString()).refusedWith(3);
      assertEquals(1, store.store().toFile().list().length);
    }
  }

  @Test
  void aStoreOnAReadOnlyFileSystemIsRefusedAndStaysAsItIs() throws Exception {
    inOwnMounts("mount -t tmpfs -o ro none \"$1\"/host", "\"$1\"/host/store", 1);
  }

  @Test
  void aNewStoreOnAFullDiskIsRefusedAndLeavesNothing() throws Exception {
    inOwnMounts(
        "mount -t tmpfs -o size=64k none \"$1\"/host && ! cat /dev/zero >\"$1\"/host/full 2>&-",
        "\"$1\"/host/store",
        1);
  }

  @Test
  void anImportThatFillsTheDiskLeavesNothing() throws Exception {
    try (MountedStore store = MountedStore.unmounted()) {
      TinyVm vm = TinyVm.in(store.work().resolve("host/big"), 256);
      Files.createDirectory(store.store());
      Program.of("mount", "-t", "tmpfs", "-o", "size=300m", "none", store.store().toString())
          .run()
          .succeeded();
      try {
        store.mount();
        store.pando("import", vm.directory().toString()).refusedWith(1);
        assertEquals(List.of(), store.names());
        assertEquals(0, store.mountpoint().toFile().list().length);
        store.template("small", 1);
        store.umount();
      } finally {
        Program.of("umount", store.store().toString()).run().succeeded();
      }
    }
  }

  @Test
  void aMachineWithoutDevFuseIsToldSo() throws Exception {
    String sentence = inOwnMounts("mount -t tmpfs none /dev", "\"$1\"/host/store", 1);
    assertTrue(sentence.contains("/dev/fuse"), sentence);
  }

  /** Mounts a store in a mount name space of its own, after a preparation; $1 is a directory. */
  private static String inOwnMounts(String preparation, String storePath, int code)
      throws Exception {
    try (MountedStore store = MountedStore.unmounted()) {
      Files.createDirectory(store.work().resolve("host"));
      String script =
          ("exec </dev/null; %s && \"$2\" mount %s \"$1\"/mnt; status=$?;"
                  + " [ ! -e %s ] && [ -z \"$(ls -A \"$1\"/mnt)\" ] || echo left >&2; exit $status")
              .formatted(preparation, storePath, storePath);
      return Program.of(
              "unshare",
              "-m",
              "bash",
              "-c",
              script,
              "bash",
              store.work().toString(),
              Pando.CHECKOUT.resolve("cli/bin/pando").toString())
          .with("PANDO_JARS", Pando.CHECKOUT.resolve("cli/target/lib"))
          .with("PANDO_RUN", store.work().resolve("run"))
          .run()
          .refusedWith(code);
    }
  }

  @Test
  void umountOfABusyMountNamesWhoKeepsItBusy() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      Path file = Files.createFile(store.at("open"));
      try (FileChannel open = FileChannel.open(file, StandardOpenOption.WRITE)) {
        String sentence = store.pando("umount", store.mountpoint().toString()).refusedWith(3);
        assertTrue(
            sentence.contains("pid " + ProcessHandle.current().pid() + ")"), sentence + open);
      }
      store.umount();
    }
  }

  @Test
  void aForcedUmountDoesNotWaitForOpenFiles() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      ProcessHandle daemon = store.daemon();
      Path file = Files.createFile(store.at("open"));
      try (FileChannel open = FileChannel.open(file, StandardOpenOption.WRITE)) {
        store.pando("umount", "--force", store.mountpoint().toString()).succeeded();
        assertFalse(Daemons.runs(daemon));
        assertTrue(open.isOpen());
      }
    }
  }

  @Test
  void terminationUnmountsCleanly() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      Files.writeString(store.at("note"), "kept");
      ProcessHandle daemon = store.daemon();
      daemon.destroy();
      Daemons.awaitEnd(daemon);
      assertFalse(Files.exists(store.at("note")));
      store.mount();
      assertEquals("kept", Files.readString(store.at("note")));
    }
  }

  @Test
  void aMountWhoseDaemonWasKilledIsMountedAgain() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      Files.writeString(store.at("note"), "kept");
      store.kill();
      assertEquals("failed", store.json("status").path("mounts").path(0).path("state").asText());
      store.mount();
      assertEquals("kept", Files.readString(store.at("note")));
    }
  }

  @Test
  void anUnknownOptionIsRefusedByName() throws Exception {
    try (MountedStore store = MountedStore.unmounted()) {
      String sentence =
          store
              .pando("mount", store.store().toString(), store.mountpoint().toString(), "-o", "frob")
              .refusedWith(2);
      assertTrue(sentence.contains("frob"), sentence);
      assertFalse(Files.exists(store.store()));
    }
  }

  @Test
  void statusShowsTheMount() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      boolean shown = false;
      for (var mount : store.json("status").path("mounts")) {
        if (mount.path("mountpoint").asText().equals(store.mountpoint().toString())) {
          assertEquals(store.store().toString(), mount.path("store").asText());
          assertEquals("ready", mount.path("state").asText());
          shown = true;
        }
      }
      assertTrue(shown);
    }
  }
}
