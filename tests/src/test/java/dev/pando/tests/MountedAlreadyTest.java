package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.tests.conformance.Posix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** {@code mount} says that a store is mounted when it is: seen by its caller, and answering. */
final class MountedAlreadyTest {
  private static final int AT_ONCE = 3;
  private static final int ROUNDS = 3;

  @Test
  void whatWasUnmountedLazilyIsNotMounted() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      int fd = Posix.open(store.at("file"), Posix.O_CREAT | Posix.O_RDWR, 0600);
      Program.of("umount", "-l", store.mountpoint().toString()).run().succeeded();
      String refusal = mount(store).refusedWith(3);
      assertTrue(refusal.contains("unmounted lazily"), refusal);
      store.pando("umount", "--force", store.mountpoint().toString()).succeeded();
      Posix.close(fd);
      store.mount();
      assertTrue(Files.exists(store.at("file")));
    }
  }

  @Test
  void whatIsMountedInAnotherNameSpaceIsNotMountedHere() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      Files.writeString(store.at("file"), "written");
      String refusal =
          Program.of(
                  "unshare",
                  "-m",
                  "bash",
                  "-c",
                  "umount \"$2\" && exec \"$1\" mount \"$3\" \"$2\"",
                  "bash",
                  Pando.CHECKOUT.resolve("cli/bin/pando").toString(),
                  store.mountpoint().toString(),
                  store.store().toString())
              .with("PANDO_JARS", Pando.JARS)
              .with("PANDO_RUN", store.work().resolve("run"))
              .run()
              .refusedWith(3);
      assertTrue(refusal.contains("name space"), refusal);
      mount(store).succeeded();
      assertEquals("written", Files.readString(store.at("file")));
    }
  }

  @Test
  void whatDoesNotAnswerIsNoSuccess() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      String daemon = Long.toString(store.daemon().pid());
      Program.of("kill", "-STOP", daemon).run().succeeded();
      String refusal = mount(store).refusedWith(5);
      assertTrue(refusal.contains("restart --force"), refusal);
      Program.of("kill", "-CONT", daemon).run().succeeded();
      mount(store).succeeded();
    }
  }

  @Test
  void severalAtOnceAllSucceed() throws Exception {
    ExecutorService callers = Executors.newFixedThreadPool(AT_ONCE);
    try (MountedStore store = MountedStore.unmounted()) {
      for (int round = 0; round < ROUNDS; round++) {
        List<Callable<Outcome>> mounts = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
          mounts.add(() -> mount(store));
        }
        for (Future<Outcome> mounted : callers.invokeAll(mounts)) {
          mounted.get().succeeded();
        }
        store.umount();
      }
    } finally {
      callers.shutdown();
    }
  }

  @Test
  void otherOptionsAreNotDroppedSilently() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      assertTrue(mount(store, "-o", "ro").refusedWith(3).contains("without options"));
      assertTrue(mount(store, "--hypervisors", "vmm").refusedWith(3).contains("qemu"));
      assertTrue(mount(store, "--admission", "enforce").refusedWith(3).contains("advise"));
      mount(store, "-o", "default_permissions").succeeded();
      store.umount();
      mount(store, "-o", "ro,noatime", "--hypervisors", "vmm").succeeded();
      mount(store, "-o", "noatime,ro", "--hypervisors", "vmm").succeeded();
      assertTrue(mount(store, "-o", "noatime").refusedWith(3).contains("ro,noatime"));
      mount(store).succeeded();
    }
  }

  @Test
  void aSymbolicLinkLeadsToTheMount() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      Path link = Files.createSymbolicLink(store.work().resolve("link"), Path.of("mnt"));
      Path further = Files.createSymbolicLink(store.work().resolve("further"), link);
      store.pando("mount", store.store().toString(), further.toString()).succeeded();
      store.pando("umount", further.toString()).succeeded();
      assertFalse(
          Files.readString(Path.of("/proc/self/mounts")).contains(" " + store.mountpoint() + " "));
      store.pando("mount", store.store().toString(), link.toString()).succeeded();
      assertTrue(store.isReady());
    }
  }

  private static Outcome mount(MountedStore store, String... options) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("mount", store.store().toString(), store.mountpoint().toString()));
    arguments.addAll(List.of(options));
    return store.command(arguments.toArray(String[]::new)).run();
  }
}
