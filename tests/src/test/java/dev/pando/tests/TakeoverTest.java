package dev.pando.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.pando.daemon.control.ControlClient;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.Progress;
import dev.pando.daemon.host.ProcessFiles;
import dev.pando.daemon.tree.Errno;
import dev.pando.testing.Patience;
import dev.pando.tests.conformance.Posix;
import dev.pando.tests.conformance.PosixException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A daemon dies, and another takes the mount over: nothing of it is forgotten. */
class TakeoverTest {
  private static final int CAP_SYS_RESOURCE = 24;

  @Test
  void whoHasAnImageOpenIsRunningStill() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", 1);
      store.pando("clone", "base", "vm").succeeded();
      Process machine =
          Program.shell("exec 3<>\"$1\"; sleep 1000; true", disk(store, "vm")).start();
      try {
        awaitRunning(store, "vm");
        JsonNode before = store.json("show", "vm").path("runningBy");
        for (int kill = 0; kill < 2; kill++) {
          store.killDaemon();
          JsonNode after = store.json("show", "vm");
          assertTrue(after.path("running").asBoolean());
          assertEquals(before, after.path("runningBy"));
          store.pando("freeze", "vm").refusedWith(3);
        }
      } finally {
        machine.descendants().forEach(ProcessHandle::destroyForcibly);
        machine.destroyForcibly().waitFor();
      }
      Patience.await(
          "it does not run", () -> !store.json("show", "vm").path("running").asBoolean());
      store.pando("freeze", "vm").succeeded();
    }
  }

  /** The kernel tells which thread asks, and of that nothing is left when it has ended. */
  @Test
  void aProcessIsKnownAlsoIfTheThreadThatOpenedHasEnded() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", 1);
      store.pando("clone", "base", "vm").succeeded();
      CompletableFuture<RandomAccessFile> opened = new CompletableFuture<>();
      Path disk = disk(store, "vm");
      Thread thread =
          new Thread(
              () -> {
                try {
                  opened.complete(new RandomAccessFile(disk.toFile(), "rw"));
                } catch (IOException e) {
                  opened.completeExceptionally(e);
                }
              });
      thread.start();
      thread.join();
      try (RandomAccessFile file = opened.get()) {
        JsonNode before = store.json("show", "vm").path("runningBy");
        assertEquals(ProcessHandle.current().pid(), before.path(0).path("pid").asLong());
        store.killDaemon();
        assertEquals(before, store.json("show", "vm").path("runningBy"));
        assertTrue(file.length() > 0);
      }
    }
  }

  @Test
  void anUnlinkedFileLivesUntilItsLastClose() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      Path file = store.at("file");
      Files.writeString(file, "written before");
      int fd = Posix.open(file, Posix.O_RDWR);
      int unnamed = Posix.open(store.mountpoint(), Posix.O_TMPFILE | Posix.O_RDWR, 0600);
      Posix.pwrite(unnamed, new byte[8 << 20], 0);
      Posix.unlink(file);
      long used = storedBytes(store);
      for (int kill = 0; kill < 2; kill++) {
        store.killDaemon();
        assertEquals("written before", new String(Posix.pread(fd, 14, 0), UTF_8));
        assertEquals(14, Posix.pwrite(fd, "written before".getBytes(UTF_8), 4096));
        assertEquals(0, Posix.fstat(fd).links());
        assertEquals(8 << 20, Posix.fstat(unnamed).size());
      }
      Posix.close(fd);
      Posix.close(unnamed);
      Patience.await("the space is free", () -> storedBytes(store) < used);
    }
  }

  @Test
  void aWriteByAUserTakesThePrivilegesWhicheverDaemonServesIt() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      Path file = Files.createFile(store.at("file"));
      int fd = Posix.open(file, Posix.O_RDWR);
      for (int round = 0; round < 2; round++) {
        Posix.chmod(file, 06777);
        assertEquals(06777, Posix.permissions(file));
        store.killDaemon();
        Posix.as(1001, 1001, new int[0], () -> Posix.pwrite(fd, new byte[1], 0));
        assertEquals(0777, Posix.permissions(file));
      }
      Posix.chmod(file, 06777);
      FuseStrace.killingBeforeAnswer(
          store,
          0,
          () -> {
            Posix.as(1001, 1001, new int[0], () -> Posix.pwrite(fd, new byte[1], 0));
            return 0;
          });
      assertEquals(0777, Posix.permissions(file));
      Posix.close(fd);
    }
  }

  /** What the store holds. */
  private static long storedBytes(MountedStore store) throws IOException {
    return store.json("space").path("storedBytes").asLong();
  }

  @Test
  void readingADirectoryGoesOnWhereItWas() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      Path directory = Files.createDirectory(store.at("many"));
      Set<String> expected = new HashSet<>();
      for (int i = 0; i < 3000; i++) {
        String name = "a-rather-long-name-of-a-file-" + i;
        Files.createFile(directory.resolve(name));
        expected.add(name);
      }
      Set<String> seen = new HashSet<>();
      try (DirectoryStream<Path> reading = Files.newDirectoryStream(directory)) {
        Iterator<Path> names = reading.iterator();
        for (int i = 0; names.hasNext(); i++) {
          if (i == 500 || i == 1500) {
            store.killDaemon();
          }
          assertTrue(seen.add(names.next().getFileName().toString()), "seen twice");
        }
      }
      assertEquals(expected, seen);
    }
  }

  @Test
  void locksHoldOn() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      Path file = Files.createFile(store.at("locked"));
      Process holder = Program.shell("exec 3<>\"$1\"; flock -x 3; sleep 1000", file).start();
      try {
        Patience.await(
            "it is locked",
            () -> Program.shell("flock -n \"$1\" true", file).run().exitCode() != 0);
        store.killDaemon();
        assertNotEquals(0, Program.shell("flock -n \"$1\" true", file).run().exitCode());
      } finally {
        holder.descendants().forEach(ProcessHandle::destroyForcibly);
        holder.destroyForcibly().waitFor();
      }
    }
  }

  /**
   * A command changed names that the kernel has cached, and the daemon dies between the change and
   * the notification of it.
   */
  @Test
  void theKernelIsToldWhatItWasOwed() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", 1);
      Path clone = store.at("late");
      Path log = store.log();
      for (int earlier = 0; earlier < 4; earlier++) {
        assertFalse(Files.exists(clone));
        FuseStrace.killingBeforeAnswer(
            store, earlier, () -> store.pando("clone", "base", "late").exitCode());
        Patience.await("a daemon serves", store::isReady);
        if (store.names().contains("late")) {
          Patience.await("the clone is seen", () -> Files.exists(clone));
          assertTrue(Files.exists(clone.resolve("late.vmx")));
          store.pando("remove", "late").succeeded();
          Patience.await("it is gone", () -> !Files.exists(clone));
        }
      }
      assertTrue(Files.readString(log).contains("an earlier daemon owed it"), () -> read(log));
    }
  }

  private static boolean maySetResources() throws IOException {
    String status = Files.readString(Path.of("/proc/self/status"));
    String effective = status.replaceAll("(?s).*CapEff:\\s*([0-9a-f]+).*", "$1");
    return (Long.parseUnsignedLong(effective, 16) & 1L << CAP_SYS_RESOURCE) != 0;
  }

  /** proc(5): PF_MEMALLOC_NOIO and PF_LOCAL_THROTTLE, what PR_SET_IO_FLUSHER sets. */
  @Test
  void workersAreIoFlushersAlsoAfterATakeover() throws Exception {
    assumeTrue(maySetResources(), "root is without CAP_SYS_RESOURCE here");
    long both = 0x80000 | 0x100000;
    try (MountedStore store = MountedStore.mounted()) {
      for (int daemon = 0; daemon < 2; daemon++) {
        int workers = 0;
        for (ProcessFiles thread : ProcessFiles.of(store.daemon().pid()).threads()) {
          String stat = thread.text("stat").orElse("");
          if (stat.contains("(pando-fuse-")) {
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            assertEquals(both, Long.parseLong(fields[6]) & both, stat);
            workers++;
          }
        }
        assertEquals(16, workers);
        long pid = store.daemon().pid();
        store.pando("restart", store.mountpoint().toString()).succeeded();
        assertNotEquals(pid, store.daemon().pid());
      }
    }
  }

  @Test
  void restartPutsAnotherDaemonInPlace() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      int fd = Posix.open(store.at("file"), Posix.O_CREAT | Posix.O_RDWR, 0600);
      long before = store.daemon().pid();
      store.pando("restart", store.mountpoint().toString()).succeeded();
      assertNotEquals(before, store.daemon().pid());
      assertEquals(1, Posix.pwrite(fd, new byte[1], 0));
      Posix.close(fd);
    }
    try (MountedStore store = MountedStore.mounted("--transport", "jnr-fuse")) {
      store.pando("restart", store.mountpoint().toString()).refusedWith(3);
    }
  }

  @Test
  void signalsToTheKeeperEndTheMountInOrder() throws Exception {
    MountedStore store = MountedStore.mounted();
    try (store) {
      Files.writeString(store.at("file"), "kept");
      ProcessHandle keeper = store.keeper().orElseThrow();
      ProcessHandle daemon = store.daemon();
      keeper.destroy();
      Daemons.awaitEnd(keeper);
      Daemons.awaitEnd(daemon);
      assertEquals(0, store.json("status").path("mounts").size());
      assertFalse(Files.exists(store.at("file")));
      store.mount();
      assertEquals("kept", Files.readString(store.at("file")));
    }
  }

  @Test
  void aKeeperThatIsKilledIsReplaced() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      int fd = Posix.open(store.at("file"), Posix.O_CREAT | Posix.O_RDWR, 0600);
      for (int round = 0; round < 3; round++) {
        ProcessHandle keeper = store.keeper().orElseThrow();
        long daemon = store.daemon().pid();
        keeper.destroyForcibly();
        Daemons.awaitEnd(keeper);
        Patience.await(
            "another keeper",
            () -> store.entry().hasKeeper() && store.entry().keeper() != keeper.pid());
        assertEquals(daemon, store.daemon().pid());
        store.daemon().destroyForcibly();
        assertEquals(1, Posix.pwrite(fd, new byte[1], round));
        Patience.await("another daemon", () -> store.isReady() && store.daemon().pid() != daemon);
        store.pando("restart", store.mountpoint().toString()).succeeded();
      }
      assertEquals(1, Posix.pwrite(fd, new byte[1], 0));
      Posix.close(fd);
    }
  }

  /** A program that can not take over is found out while the mount is served. */
  @Test
  void restartKeepsTheDaemonIfNoOtherCanFollow() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      int fd = Posix.open(store.at("file"), Posix.O_CREAT | Posix.O_RDWR, 0600);
      long daemon = store.daemon().pid();
      for (String program : List.of("/nowhere/keeper", "/bin/false", "/bin/cat")) {
        ControlException refused =
            assertThrows(
                ControlException.class,
                () -> {
                  try (ControlClient client = store.connect()) {
                    client.call(
                        "restart",
                        JsonNodeFactory.instance.objectNode().put("program", program),
                        Progress.IGNORED);
                  }
                });
        assertTrue(refused.getMessage().contains("is served as before"), refused::getMessage);
        assertEquals(daemon, store.daemon().pid());
        assertEquals(1, Posix.pwrite(fd, new byte[1], 0));
      }
      store.pando("restart", store.mountpoint().toString()).succeeded();
      assertNotEquals(daemon, store.daemon().pid());
      Posix.close(fd);
    }
  }

  @Test
  void aDaemonThatHangsIsReplacedByForce() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      Files.writeString(store.at("file"), "written");
      long daemon = store.daemon().pid();
      Program.of("kill", "-STOP", Long.toString(daemon)).run().succeeded();
      String refused = store.pando("restart", store.mountpoint().toString()).refusedWith(5);
      assertTrue(refused.contains("restart --force"), refused);
      store.pando("restart", "--force", store.mountpoint().toString()).succeeded();
      assertNotEquals(daemon, store.daemon().pid());
      assertEquals("written", Files.readString(store.at("file")));
    }
  }

  @Test
  void whatHangsIsUnmountedByForce() throws Exception {
    for (String hangs : List.of("daemon", "keeper", "both", "nobody there")) {
      try (MountedStore store = MountedStore.mounted()) {
        Files.writeString(store.at("file"), "written");
        ProcessHandle daemon = store.daemon();
        ProcessHandle keeper = store.keeper().orElseThrow();
        int fd = Posix.open(store.at("file"), Posix.O_RDWR, 0);
        for (ProcessHandle process : List.of(keeper, daemon)) {
          if (hangs.equals("both") || hangs.equals(process == daemon ? "daemon" : "keeper")) {
            Program.of("kill", "-STOP", Long.toString(process.pid())).run().succeeded();
          }
        }
        if (hangs.startsWith("nobody")) {
          store.kill();
        }
        store.pando("umount", "--force", store.mountpoint().toString()).succeeded();
        assertFalse(
            Files.readString(Path.of("/proc/self/mounts")).contains(" " + store.mountpoint() + " "),
            hangs);
        assertEquals(-1, attempt(() -> Posix.pwrite(fd, new byte[1], 0)), hangs);
        try {
          Posix.close(fd);
        } catch (PosixException nobodyIsThere) {
          assertEquals(Errno.ENOTCONN, nobodyIsThere.errno());
        }
        Daemons.awaitEnd(keeper);
        Daemons.awaitEnd(daemon);
        store.mount();
        assertEquals("written", Files.readString(store.at("file")), hangs);
      }
    }
  }

  /** What keeps daemons from starting may be over soon: jars that are being replaced. */
  @Test
  void daemonsThatCanNotStartForAWhileEndNoMount() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      int fd = Posix.open(store.at("file"), Posix.O_CREAT | Posix.O_RDWR, 0600);
      Path catalog = store.store().resolve("catalog");
      Path away = store.work().resolve("away");
      Path log = store.log();
      ProcessHandle daemon = store.daemon();
      Files.move(catalog, away);
      daemon.destroyForcibly();
      Patience.await(
          "some daemons to fail",
          () -> Files.readString(log).split("The daemon ended", -1).length > 6);
      // not by a program: who starts one closes there what is open here, and waits for a daemon
      for (String file : List.of("data.mdb", "lock.mdb")) {
        Files.move(away.resolve(file), catalog.resolve(file), StandardCopyOption.REPLACE_EXISTING);
      }
      assertEquals(1, Posix.pwrite(fd, new byte[1], 0));
      Posix.close(fd);
    }
  }

  /** The store can not be opened any more: after some tries the mount ends, and says so. */
  @Test
  void aDaemonThatCanNotStartIsNotStartedForEver() throws Exception {
    MountedStore store = MountedStore.unmounted();
    try (store) {
      store.mountWithLittlePatience();
      Path log = store.log();
      Path catalog = store.store().resolve("catalog");
      Path away = store.work().resolve("away");
      int fd = Posix.open(store.at("file"), Posix.O_CREAT | Posix.O_RDWR, 0600);
      ProcessHandle keeper = store.keeper().orElseThrow();
      ProcessHandle daemon = store.daemon();
      Files.move(catalog, away);
      daemon.destroyForcibly();
      Daemons.awaitEnd(keeper);
      assertEquals(-1, attempt(() -> Posix.pwrite(fd, new byte[1], 0)), "a write is answered");
      try {
        Posix.close(fd);
      } catch (PosixException nobodyIsThere) {
        assertEquals(Errno.ENOTCONN, nobodyIsThere.errno());
      }
      assertTrue(Files.readString(log).contains("the mount is ended"), () -> read(log));
      assertEquals(0, store.json("status").path("mounts").size());
      Program.of("rm", "-rf", catalog.toString()).run().succeeded();
      Files.move(away, catalog);
      store.mount();
      assertTrue(Files.exists(store.at("file")));
    }
  }

  /** A JVM that crashes, as on a fault in a mapped file. */
  @Test
  void aCrashOfTheJvmIsTakenOver() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      int fd = Posix.open(store.at("file"), Posix.O_CREAT | Posix.O_RDWR, 0600);
      for (String signal : new String[] {"SEGV", "BUS", "ABRT"}) {
        long pid = store.daemon().pid();
        Program.of("kill", "-" + signal, Long.toString(pid)).run().succeeded();
        assertEquals(1, Posix.pwrite(fd, new byte[1], 0));
        Patience.await("another daemon", () -> store.status().path("pid").asLong() != pid);
        Patience.await("a daemon serves", store::isReady);
      }
      Posix.close(fd);
    }
  }

  /** The journal can not be written any more: the mount ends, and says why, or goes on. */
  @Test
  void aFaultInTheJournalLeavesNoHalfDeadDaemon() throws Exception {
    MountedStore store = MountedStore.unmounted();
    try (store) {
      store.mountWithLittlePatience();
      Path log = store.log();
      Files.writeString(store.at("file"), "durable");
      store.umount();
      store.mountWithLittlePatience();
      ProcessHandle keeper = store.keeper().orElseThrow();
      Posix.truncate(store.store().resolve("journal"), 4096);
      attempt(
          () -> {
            Posix.mkdir(store.at("directory"), 0700);
            return 0;
          });
      Daemons.awaitEnd(keeper);
      assertTrue(Files.readString(log).contains("the mount is ended"), () -> read(log));
      assertEquals(0, store.json("status").path("mounts").size());
      store.pando("mount", store.store().toString(), store.mountpoint().toString()).refusedWith(3);
      store
          .pando("mount", store.store().toString(), store.mountpoint().toString(), "--accept-loss")
          .succeeded();
      assertEquals("durable", Files.readString(store.at("file")));
    }
  }

  private static Path disk(MountedStore store, String vm) throws IOException {
    return store.at(vm).resolve(store.json("show", vm).path("disks").get(0).path("file").asText());
  }

  private static void awaitRunning(MountedStore store, String vm) throws Exception {
    Patience.await("it runs", () -> store.json("show", vm).path("running").asBoolean());
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private interface Call {
    int run();
  }

  private static int attempt(Call call) {
    try {
      return call.run();
    } catch (RuntimeException refused) {
      return -1;
    }
  }
}
