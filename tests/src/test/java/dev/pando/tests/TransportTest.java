package dev.pando.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;

/** {@code --transport}, and what a mount through libfuse owes to commands and signals. */
class TransportTest {
  private static final String[] JNR_FUSE = {"--transport", "jnr-fuse"};

  private static String transport(MountedStore store) throws IOException {
    JsonNode mounts = store.json("status").path("mounts");
    assertEquals(1, mounts.size());
    assertEquals("ready", mounts.path(0).path("state").asText());
    return mounts.path(0).path("transport").asText();
  }

  @Test
  void statusNamesTheTransportAndAutoIsTheKernels() throws Exception {
    try (MountedStore store = MountedStore.mounted("--transport", "auto")) {
      assertEquals("kernel", transport(store));
    }
    try (MountedStore store = MountedStore.mounted(JNR_FUSE)) {
      assertEquals("jnr-fuse", transport(store));
    }
  }

  @Test
  void mountingAgainIsDoneUnlessByAnotherTransport() throws Exception {
    try (MountedStore store = MountedStore.mounted(JNR_FUSE)) {
      long pid = store.daemon().pid();
      store.mount();
      store.pando("mount", store.store().toString(), store.mountpoint().toString()).succeeded();
      String sentence = mountBy(store, "kernel").refusedWith(3);
      assertTrue(sentence.contains("jnr-fuse"), sentence);
      assertEquals(pid, store.daemon().pid());
      store.umount();
      mountBy(store, "kernel").succeeded();
      assertEquals("kernel", transport(store));
      mountBy(store, "jnr-fuse").refusedWith(3);
    }
  }

  private static Outcome mountBy(MountedStore store, String transport) throws IOException {
    return store.pando(
        "mount", "--transport", transport, store.store().toString(), store.mountpoint().toString());
  }

  @Test
  void anUnknownTransportIsRefusedByName() throws Exception {
    try (MountedStore store = MountedStore.unmounted()) {
      String sentence = mountBy(store, "pigeon").refusedWith(2);
      assertTrue(sentence.contains("'pigeon'"), sentence);
      assertFalse(Files.exists(store.store()));
    }
  }

  @Test
  void withoutLibfuseTheSentenceNamesThePackage() throws Exception {
    try (MountedStore store = MountedStore.unmounted()) {
      String script =
          "library=$(ldconfig -p | sed -n 's/.*libfuse\\.so\\.2 .*=> //p' | head -n 1);"
              + " mount --bind /dev/null \"$library\" && exec \"$1\" mount --transport jnr-fuse"
              + " \"$2\"/store \"$2\"/mnt";
      String sentence =
          Program.of(
                  "unshare",
                  "-m",
                  "bash",
                  "-c",
                  script,
                  "bash",
                  Pando.CHECKOUT.resolve("cli/bin/pando").toString(),
                  store.work().toString())
              .with("PANDO_JARS", Pando.CHECKOUT.resolve("cli/target/lib"))
              .with("PANDO_RUN", store.work().resolve("run"))
              .run()
              .refusedWith(1);
      assertTrue(sentence.contains("package libfuse2"), sentence);
      assertFalse(Files.exists(store.store()));
    }
  }

  @Test
  void whatWasWrittenIsThereAfterTheNextMountByEitherTransport() throws Exception {
    try (MountedStore store = MountedStore.mounted(JNR_FUSE)) {
      Files.writeString(store.at("note"), "kept");
      store.umount();
      assertFalse(Files.exists(store.at("note")));
      mountBy(store, "kernel").succeeded();
      assertEquals("kept", Files.readString(store.at("note")));
    }
  }

  @Test
  void umountOfABusyMountNamesWhoKeepsItBusy() throws Exception {
    try (MountedStore store = MountedStore.mounted(JNR_FUSE)) {
      ProcessHandle daemon = store.daemon();
      Path file = Files.createFile(store.at("open"));
      try (FileChannel open = FileChannel.open(file, StandardOpenOption.WRITE)) {
        String sentence = store.pando("umount", store.mountpoint().toString()).refusedWith(3);
        assertTrue(sentence.contains("pid " + ProcessHandle.current().pid() + ")"), sentence);
        assertEquals(4, open.write(UTF_8.encode("busy")));
      }
      store.umount();
      assertFalse(Daemons.runs(daemon));
    }
  }

  @Test
  void aForcedUmountDoesNotWaitForOpenFiles() throws Exception {
    try (MountedStore store = MountedStore.mounted(JNR_FUSE)) {
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
  void terminationServesWhatIsOpenUntilItsClose() throws Exception {
    try (MountedStore store = MountedStore.mounted(JNR_FUSE)) {
      ProcessHandle daemon = store.daemon();
      Path file = Files.createFile(store.at("open"));
      try (FileChannel open = FileChannel.open(file, StandardOpenOption.WRITE)) {
        daemon.destroy();
        awaitAbsence(file);
        assertEquals(4, open.write(ByteBuffer.wrap("late".getBytes(UTF_8))));
        assertTrue(Daemons.runs(daemon));
      }
      Daemons.awaitEnd(daemon);
      store.mount();
      assertEquals("late", Files.readString(store.at("open")));
    }
  }

  private static void awaitAbsence(Path file) {
    Patience.await("the mount's end", () -> !Files.exists(file));
  }

  @Test
  void aMountWhoseDaemonWasKilledIsMountedAgain() throws Exception {
    try (MountedStore store = MountedStore.mounted(JNR_FUSE)) {
      Files.writeString(store.at("note"), "kept");
      store.kill();
      assertEquals("failed", store.json("status").path("mounts").path(0).path("state").asText());
      store.mount();
      assertEquals("kept", Files.readString(store.at("note")));
      assertEquals("jnr-fuse", transport(store));
    }
  }

  @Test
  void aReadOnlyMountTakesNoChanges() throws Exception {
    try (MountedStore store = MountedStore.mounted(JNR_FUSE)) {
      Files.writeString(store.at("note"), "kept");
      store.umount();
      String[] mount = {
        "mount", store.store().toString(), store.mountpoint().toString(), "-o", "ro"
      };
      store
          .pando(mount[0], mount[1], mount[2], mount[3], mount[4], JNR_FUSE[0], JNR_FUSE[1])
          .succeeded();
      assertEquals("kept", Files.readString(store.at("note")));
      Outcome refused = Program.shell("echo x > \"$1\"", store.at("other")).run();
      assertTrue(refused.err().contains("Read-only file system"), refused.err());
    }
  }

  @Test
  void aTemplateIsReadOnlyHereToo() throws Exception {
    try (MountedStore store = MountedStore.mounted(JNR_FUSE)) {
      store.template("aspen", 1);
      store.pando("clone", "aspen", "s01").succeeded();
      Outcome refused = Program.shell("echo x >> \"$1\"/*.vmx", store.at("aspen")).run();
      assertTrue(refused.err().contains("Read-only file system"), refused.err());
      Program.shell("echo '# mine' >> \"$1\"/*.vmx", store.at("s01")).run().succeeded();
    }
  }
}
