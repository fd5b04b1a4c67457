package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.host.ProcessFiles;
import dev.pando.daemon.host.ProcessMemory;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that take much, die early or are told to stop do no harm to the mount or to others. */
class RoughClientsTest {
  private static final int HANDLES = 10_000;
  private static final int FILES = 500;
  private static final int KILLS = 2 * Integer.getInteger("pando.long", 1);
  private static final int SOURCE_MEBIBYTES = 64;

  private static MountedStore store;

  @BeforeAll
  static void mount() throws Exception {
    store = MountedStore.mounted();
    Program.shell("head -c ${1}M /dev/urandom >\"$2\"", SOURCE_MEBIBYTES, source())
        .run()
        .succeeded();
  }

  @AfterAll
  static void umount() throws Exception {
    store.umount(); // not by force: nobody has anything open
    store.close();
  }

  private static Path source() {
    return store.work().resolve("source");
  }

  // ---- much at once

  @Test
  void tenThousandOpenFilesCostTheDaemonNoDescriptorsAndLittleMemory() throws Exception {
    Path vm = Files.createDirectory(store.at("many"));
    Program.shell(
            "cd \"$1\" && echo 'displayName = \"many\"' >many.vmx && touch f{1..%d}.raw"
                .formatted(FILES),
            vm)
        .run()
        .succeeded();
    long pid = store.daemon().pid();
    long descriptors = descriptors(pid);
    long residentKib = residentKib(pid);
    try (Shell client = Shell.in(vm)) {
      String opening =
          "ulimit -n %d; n=0; for i in {1..%d}; do for f in f*.raw; do exec {fd}<>$f && n=$((n + 1)); done; done; echo $n"
              .formatted(HANDLES + 100, HANDLES / FILES);
      assertEquals(Integer.toString(HANDLES), client.ask(opening));
      assertTrue(descriptors(pid) - descriptors < 50, "descriptors");
      assertTrue(residentKib(pid) - residentKib < 100 << 10, "memory");
      assertTrue(store.json("show", "many").path("running").asBoolean());
      store.pando("freeze", "many").refusedWith(3);
    }
    awaitStopped("many");
    store.pando("freeze", "many").succeeded();
    store.pando("remove", "many").succeeded();
  }

  private static long descriptors(long pid) throws IOException {
    return ProcessFiles.of(pid).links("fd").size();
  }

  private static long residentKib(long pid) {
    return ProcessMemory.residentBytes(pid).orElseThrow() >> 10;
  }

  /** Closes of a process that was killed reach the daemon when it is gone already. */
  private static void awaitStopped(String vm) throws IOException {
    Patience.await(
        "the last close of " + vm, () -> !store.json("show", vm).path("running").asBoolean());
  }

  // ---- a directory goes under its readers

  /** What a client in a directory sees of its end, by {@code rmdir} and {@code unlink}. */
  private static String endOfADirectory(Path where) throws Exception {
    Path directory = Files.createDirectory(where.resolve("ending"));
    Program.shell("cd \"$1\" && mkdir sub && echo text >file && touch {1..3000}", directory)
        .run()
        .succeeded();
    StringBuilder seen = new StringBuilder();
    try (Shell inside = Shell.in(directory);
        Stream<Path> reading = Files.list(directory)) {
      var entries = reading.iterator();
      entries.next();
      inside.ask("exec 5<>file; exec 6<.; cat <&5 >/dev/null");
      Program.shell("rm -r \"$1\"", directory).run().succeeded();
      int rest = 0;
      while (entries.hasNext()) {
        entries.next();
        rest++;
      }
      assertTrue(rest < 3003, "each entry once");
      for (String question :
          new String[] {
            "ls -A; echo $?",
            "stat -c '%h %F' .",
            "stat -Lc '%h %s' /proc/self/fd/5",
            "echo more >&5 && cat /proc/self/fd/5",
            "ls -A /proc/self/fd/6; echo $?",
            "{ : >new; } 2>/dev/null; echo $?",
            "mkdir new 2>/dev/null; echo $?",
            "stat file 2>/dev/null; echo $?",
            "cd .. && [ -e ending ]; echo $?"
          }) {
        seen.append(question).append(" -> ").append(inside.ask(question)).append('\n');
      }
    }
    return seen.toString();
  }

  @Test
  void aDirectoryRemovedUnderItsReadersEndsAsOnTheHost() throws Exception {
    assertEquals(endOfADirectory(store.work()), endOfADirectory(store.mountpoint()));
  }

  // ---- killed

  @ParameterizedTest
  @ValueSource(strings = {"oflag=direct", "oflag=dsync", "conv=fsync"})
  void aWriterKilledInTheMiddleLeavesWhatItHadWritten(String how) throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    Path vm = Files.createDirectories(store.at("killed"));
    Files.createFile(vm.resolve("killed.vmx"));
    for (String name : new String[] {"killed.raw", "other.bin"}) {
      for (int kill = 0; kill < KILLS; kill++) {
        Path target = vm.resolve(name);
        Process writer = Program.of("dd", "if=" + source(), "of=" + target, "bs=256K", how).start();
        long enough = (1L << 20) * (1 + random.nextInt(SOURCE_MEBIBYTES / 4));
        Patience.await("some data", () -> size(target) >= enough || !writer.isAlive());
        writer.destroyForcibly().waitFor();
        awaitStopped("killed");
        assertTrue(Files.size(target) >= enough, () -> "seed " + seed);
        Program.shell("cmp -n $(stat -c %s \"$2\") \"$1\" \"$2\"", source(), target)
            .run()
            .succeeded();
        Files.delete(target);
      }
    }
    store.pando("remove", "killed").succeeded();
  }

  private static long size(Path path) {
    try {
      return Files.exists(path) ? Files.size(path) : 0;
    } catch (IOException e) {
      return 0;
    }
  }

  // ---- interrupted

  @Test
  void signalsWhileItWaitsTakeNothingFromAWriter() throws Exception {
    Path target = store.at("signalled.raw");
    Process writer =
        Program.of(
                "dd", "if=" + source(), "of=" + target, "bs=16K", "count=500", "oflag=direct,dsync")
            .start();
    Patience.await("dd to be at work, ready for signals", () -> size(target) > 0);
    // it prints how far it is and goes on
    String signalling = "for ((n = 0; n < 200; n++)); do kill -USR1 $1 || break; done; echo $n";
    String signals = Program.shell(signalling, writer.pid()).run().out().strip();
    assertEquals(0, writer.waitFor());
    assertTrue(Integer.parseInt(signals) > 3, "it was over too soon");
    Program.shell("cmp -n $((500 * 16384)) \"$1\" \"$2\"", source(), target).run().succeeded();
    Files.delete(target);
  }

  // ---- full

  @Test
  void aFullDiskIsToldToTheWriterAndHarmsNothingElse() throws Exception {
    try (MountedStore full = MountedStore.unmounted()) {
      Files.createDirectory(full.store());
      Program.shell("mount -t tmpfs -o size=256m pando-test \"$1\"", full.store())
          .run()
          .succeeded();
      try {
        full.mount();
        fill(full);
        full.umount();
      } finally {
        Program.of("umount", full.store().toString()).run();
      }
    }
  }

  private static void fill(MountedStore full) throws Exception {
    Files.createDirectory(full.at("vm"));
    Files.writeString(full.at("vm/vm.vmx"), "displayName = \"vm\"\n");
    int disks = 0;
    Outcome outcome;
    do {
      outcome = write(full, disks++);
      assertTrue(disks < 20, "it must be full by now");
    } while (outcome.exitCode() == 0);
    assertTrue(outcome.err().contains("No space left on device"), outcome::toString);
    // what was synced before is there, now and later, and can still be looked at
    int whole = disks - 1;
    assertTrue(whole > 1);
    full.json("list");
    full.json("space");
    verify(full, whole);
    full.umount();
    full.mount();
    verify(full, whole);
    // removing makes room, by name and by command
    Files.delete(full.at("vm/disk0.raw"));
    Files.delete(full.at("vm/disk1.raw"));
    Files.delete(full.at("vm/disk" + whole + ".raw"));
    Patience.await("room", () -> full.at("").toFile().getUsableSpace() > 60L << 20);
    write(full, 0).succeeded();
    verify(full, 1);
    full.pando("remove", "vm").succeeded();
    Patience.await("room", () -> full.at("").toFile().getUsableSpace() > 80L << 20);
  }

  private static Outcome write(MountedStore full, int disk) throws IOException {
    return Program.of(
            "dd",
            "if=" + source(),
            "of=" + full.at("vm/disk" + disk + ".raw"),
            "bs=1M",
            "count=32",
            "skip=" + disk,
            "oflag=direct",
            "conv=fsync")
        .run();
  }

  private static void verify(MountedStore full, int disks) throws IOException {
    for (int disk = 0; disk < disks; disk++) {
      Program.shell(
              "cmp -n $((32 << 20)) \"$1\" \"$2\" $(($3 << 20)) 0",
              source(),
              full.at("vm/disk" + disk + ".raw"),
              disk)
          .run()
          .succeeded();
      assertFalse(Files.size(full.at("vm/disk" + disk + ".raw")) > 32 << 20);
    }
  }
}
