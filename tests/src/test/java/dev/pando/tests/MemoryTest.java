package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What of a host's memory was promised, as commands and hypervisors make and see it. */
class MemoryTest {
  private static final long MIB = 1 << 20;
  private static final long GIB = 1 << 30;

  private static JsonNode host(MountedStore store) throws IOException {
    return store.json("memory").path("host");
  }

  private static JsonNode vm(MountedStore store, String name) throws IOException {
    for (JsonNode vm : store.json("memory").path("vms")) {
      if (vm.path("name").asText().equals(name)) {
        return vm;
      }
    }
    throw new AssertionError("no " + name);
  }

  private static boolean isOn(MountedStore store, String name) throws IOException {
    return vm(store, name).path("poweredOn").asBoolean();
  }

  private static void round(MountedStore store, String total) throws IOException {
    store
        .pando("memory", "host", "--total", total, "--reserve", "1G", "--overhead", "included")
        .succeeded();
  }

  /** A host of 16 GB, 1 GB of it for all overheads, with VMs of 4 GB and 2 GB: 9 GB are left. */
  @Test
  void theWorkedExample() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", 1);
      store.pando("clone", "base", "four").succeeded();
      store.pando("clone", "base", "two").succeeded();
      round(store, "16G");
      store.pando("memory", "set", "four", "--size", "4G").succeeded();
      store.pando("memory", "set", "two", "--size", "2G", "--reservation", "1G").succeeded();
      assertEquals(15 * GIB, host(store).path("availableBytes").asLong());
      store.pando("power", "on", "four").succeeded();
      store.pando("power", "on", "two").succeeded();
      store.killDaemon();
      Patience.await("another serves", store::isReady);
      JsonNode host = host(store);
      assertEquals(16 * GIB, host.path("totalBytes").asLong());
      assertEquals(GIB, host.path("reserveBytes").asLong());
      assertEquals(0, host.path("overheadBytes").asLong());
      assertEquals(6 * GIB, host.path("configuredBytes").asLong());
      assertEquals(GIB, host.path("reservedBytes").asLong());
      assertEquals(14 * GIB, host.path("unreservedBytes").asLong());
      assertEquals(9 * GIB, host.path("availableBytes").asLong());
      assertEquals(5 * GIB, host.path("swapAsideBytes").asLong());
      JsonNode two = vm(store, "two");
      assertEquals(2 * GIB, two.path("sizeBytes").asLong());
      assertEquals(GIB, two.path("reservationBytes").asLong());
      assertEquals(GIB, two.path("swapBytes").asLong());
      assertEquals(20_480, two.path("shares").asLong());
      assertTrue(two.path("limitBytes").isNull() && two.path("balloonBytes").isNull());
      String text = store.pando("memory").succeeded().out();
      assertTrue(text.contains("hhhhR"), text);
      assertTrue(text.contains("9.00 GiB"), text);

      // by the table of overheads: 4 GB with one processor 48.64 MB
      store.pando("power", "off", "two").succeeded();
      store.pando("power", "off", "four").succeeded();
      store.pando("memory", "host", "--overhead", "table").succeeded();
      store.umount();
      store.mount();
      store.pando("power", "on", "four").succeeded();
      long overhead = host(store).path("overheadBytes").asLong();
      assertEquals(48.64, (double) overhead / MIB, 0.0001);
      assertEquals(11 * GIB - overhead, host(store).path("availableBytes").asLong());
    }
  }

  @Test
  void whatIsNotAdmittedIsRefusedWithTheArithmetic() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", 1);
      store.pando("clone", "base", "a").succeeded();
      store.pando("clone", "base", "b").succeeded();
      round(store, "4G");
      store.pando("memory", "set", "a", "--size", "4G", "--reservation", "2G").succeeded();
      store.pando("memory", "set", "b", "--size", "2G", "--reservation", "all").succeeded();
      JsonNode fit = store.json("memory", "fit", "b");
      assertEquals(1, fit.path("more").asLong());
      assertEquals("memory", fit.path("stoppedBy").asText());
      store.pando("power", "on", "a").succeeded();
      assertEquals(0, store.json("memory", "fit", "b").path("more").asLong());
      String refusal = store.pando("power", "on", "b").refusedWith(3);
      for (String part : List.of("2 GiB reserved", "1 GiB are unreserved", "4 GiB in all")) {
        assertTrue(refusal.contains(part), refusal);
      }
      refusal = store.pando("memory", "host", "--total", "2G").refusedWith(3);
      assertTrue(refusal.contains("Power some off"), refusal);
      // what is on may reserve no more than there is
      refusal = store.pando("memory", "set", "a", "--reservation", "3584M").refusedWith(3);
      assertTrue(refusal.contains("it is on"), refusal);
      store.pando("memory", "set", "a", "--reservation", "1G").succeeded();
      store.pando("power", "on", "b").succeeded();
      assertEquals(0, host(store).path("unreservedBytes").asLong());
      // configured beyond the host: allowed, and told
      JsonNode host = host(store);
      assertEquals(3 * GIB, host.path("overcommittedBytes").asLong());
      String text = store.pando("memory").succeeded().out();
      assertTrue(text.contains("more than there is"), text);

      store.pando("memory", "set", "a", "--size", "8G").refusedWith(3);
      store.pando("memory", "set", "base", "--size", "8G").refusedWith(3);
      store.pando("memory", "set", "a").refusedWith(2);
      store.pando("memory", "set", "none", "--size", "8G").refusedWith(4);
      store.pando("memory", "set", "b", "--limit", "1G").refusedWith(3);
      store.pando("memory", "set", "b", "--shares", "some").refusedWith(2);
      store.pando("memory", "host", "--reserve", "much").refusedWith(2);
      store.pando("memory", "host", "--overhead", "none").refusedWith(2);
      store.pando("power", "off", "b").succeeded();
      refusal = store.pando("memory", "set", "b", "--size", "1025M").refusedWith(3);
      assertTrue(refusal.contains("multiple of 4 MiB"), refusal);
    }
  }

  @Test
  void swapHasRoomInTheStoreThatOthersDoNotGet() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", 1);
      store.pando("clone", "base", "a").succeeded();
      store.pando("clone", "base", "b").succeeded();
      store.pando("quota", "--store", "1G").succeeded();
      Files.createDirectory(store.at("b/b.vswp"));
      store.pando("power", "on", "b", "--swap-file").refusedWith(3);
      assertFalse(isOn(store, "b"));
      Files.delete(store.at("b/b.vswp"));
      store.pando("memory", "set", "a", "--size", "600M").succeeded();
      store.pando("memory", "set", "b", "--size", "600M").succeeded();
      long before = store.mountpoint().toFile().getUsableSpace();
      store.pando("power", "on", "a", "--swap-file").succeeded();
      assertEquals(600 * MIB, store.json("space").path("swapAsideBytes").asLong());
      store.pando("power", "on", "a", "--swap-file").refusedWith(3);
      long after = store.mountpoint().toFile().getUsableSpace();
      assertTrue(before - after >= 599 * MIB, before + " and " + after);
      String refusal = store.pando("power", "on", "b").refusedWith(3);
      assertTrue(refusal.contains("of swap space"), refusal);

      Path swap = store.at("a/a.vswp");
      assertEquals(600 * MIB, Files.size(swap));
      assertTrue(Program.of("du", swap.toString()).run().out().startsWith("0\t"));
      // all that is left is written full, but for what is kept for the swap
      Outcome filled =
          Program.of("dd", "if=/dev/urandom", "of=" + store.at("b/fill"), "bs=1M", "conv=fsync")
              .run();
      assertTrue(filled.err().contains("No space left"), filled::toString);
      Program.of("dd", "if=/dev/urandom", "of=" + swap, "bs=1M", "count=500", "conv=notrunc,fsync")
          .run()
          .succeeded();
      Files.delete(store.at("b/fill"));
      store.pando("power", "off", "a").succeeded();
      assertFalse(Files.exists(swap));
      assertEquals(0, store.json("space").path("swapAsideBytes").asLong());
      store.pando("reclaim").succeeded();
      store.pando("power", "on", "b").succeeded();
    }
  }

  /** Of whatever tool: what a VM's own files say is what is shown. */
  @Test
  void editsOfTheFilesAreSeenAtOnce() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", 1);
      store.pando("clone", "base", "a").succeeded();
      Path vmx = store.at("a/a.vmx");
      store.pando("memory", "set", "a", "--size", "128M", "--reservation", "64M").succeeded();
      store.pando("memory", "set", "a", "--limit", "96M", "--shares", "low").succeeded();
      String text = Files.readString(vmx);
      for (String line :
          List.of(
              "memSize = \"128\"",
              "sched.mem.min = \"64\"",
              "sched.mem.minSize = \"64\"",
              "sched.mem.max = \"96\"",
              "sched.mem.shares = \"low\"")) {
        assertTrue(text.contains(line), text);
      }
      store.pando("clone", "a", "b").succeeded();
      assertEquals(64 * MIB, vm(store, "b").path("reservationBytes").asLong());
      Program.of("sed", "-i", "s/memSize = \"128\"/memSize = \"256\"/", vmx.toString())
          .run()
          .succeeded();
      assertEquals(256 * MIB, vm(store, "a").path("sizeBytes").asLong());
      assertEquals(128 * MIB, vm(store, "b").path("sizeBytes").asLong());
      store.pando("power", "on", "a").succeeded();
      Program.of("sed", "-i", "s/memSize = \"256\"/memSize = \"512\"/", vmx.toString())
          .run()
          .succeeded();
      JsonNode on = vm(store, "a");
      assertEquals(256 * MIB, on.path("sizeBytes").asLong());
      assertTrue(on.path("configurationChanged").asBoolean());
      Files.writeString(store.at("b/b.vmx"), "memsize = \"-1\"\n");
      assertTrue(vm(store, "b").path("problem").asText().contains("memsize"));
      String refusal = store.pando("power", "on", "b").refusedWith(3);
      assertTrue(refusal.contains("b.vmx has no number of megabytes as memsize"), refusal);
      assertEquals(0, vm(store, "base").path("reservationBytes").asLong());
      assertTrue(vm(store, "base").path("template").asBoolean());
    }
  }

  private static Program qemu(Path disk, int mebibytes) {
    return Program.of(
        "qemu-system-x86_64",
        "-S",
        "-accel",
        "tcg",
        "-display",
        "none",
        "-nodefaults",
        "-m",
        Integer.toString(mebibytes),
        "-drive",
        "file=" + disk + ",format=raw,if=virtio");
  }

  @Test
  void aHypervisorThatOpensTheDiskIsAdmittedOrGetsNoMemory() throws Exception {
    try (MountedStore store = MountedStore.mounted("--admission", "enforce")) {
      store.template("base", 4);
      store.pando("clone", "base", "a").succeeded();
      store.pando("clone", "base", "b").succeeded();
      round(store, "3G");
      store.pando("memory", "set", "a", "--size", "2G", "--reservation", "1536M").succeeded();
      store.pando("memory", "set", "b", "--size", "2G", "--reservation", "1G").succeeded();
      Process first = qemu(store.at("a/a-flat.vmdk"), 1024).start();
      try {
        Patience.await("a is on", () -> isOn(store, "a"));
        JsonNode a = vm(store, "a");
        assertEquals(first.pid(), a.path("pid").asLong());
        assertTrue(a.path("residentBytes").asLong() > MIB, a::toString);
        assertEquals(GIB, a.path("givenBytes").asLong());
        assertTrue(a.path("givenOtherwise").asBoolean());
        requireNoMemory(store);
        requireOthersDoNotCount(store);
        store.killDaemon();
        requireNoMemory(store);
        assertTrue(isOn(store, "a"));
        String warning = store.pando("power", "off", "a").succeeded().err();
        assertTrue(warning.contains("still counts as on"), warning);
        assertTrue(isOn(store, "a"));
      } finally {
        first.destroyForcibly().waitFor();
      }
      Patience.await("a is off", () -> !isOn(store, "a"));
      // one that was powered on by command, and off again while it runs, keeps its memory
      store.pando("power", "on", "b").succeeded();
      Process second = qemu(store.at("b/b-flat.vmdk"), 2048).start();
      try {
        Patience.await("b is open", () -> !vm(store, "b").path("pid").isNull());
        assertFalse(vm(store, "b").path("givenOtherwise").asBoolean());
        store.pando("power", "off", "b").succeeded();
        assertTrue(isOn(store, "b"));
        assertEquals(GIB, host(store).path("reservedBytes").asLong());
      } finally {
        second.destroyForcibly().waitFor();
      }
      Patience.await("b is off", () -> !isOn(store, "b"));
      assertEquals(2 * GIB, host(store).path("unreservedBytes").asLong());
    }
  }

  /** b does not fit beside a: what QEMU says of it, and what the log says. */
  private static void requireNoMemory(MountedStore store) throws IOException {
    Outcome refused = qemu(store.at("b/b-flat.vmdk"), 2048).within(60).run();
    assertEquals(1, refused.exitCode(), refused::toString);
    assertTrue(refused.err().contains("Cannot allocate memory"), refused::toString);
    String log = Files.readString(store.log());
    assertTrue(log.contains("\"b\" has no memory") && log.contains("1 GiB reserved"), log);
    assertFalse(isOn(store, "b"));
  }

  private static void requireOthersDoNotCount(MountedStore store) throws IOException {
    Path disk = store.at("b/b-flat.vmdk");
    Path copy = store.work().resolve("copy");
    Program.shell(
            """
            set -e
            cp "$1" "$2"
            cp "$2" "$1"
            qemu-img convert -n -f raw -O raw "$2" "$1"
            qemu-io -f raw -c 'write 0 4k' "$1"
            mke2fs -q -F "$1"
            """,
            disk,
            copy)
        .run()
        .succeeded();
    assertFalse(isOn(store, "b"));
  }

  @Test
  void whereItIsOnlyAdvisedTheLogSaysSo() throws Exception {
    Path program = Files.createTempFile("vmm-", "");
    Files.copy(Path.of("/usr/bin/dd"), program, StandardCopyOption.REPLACE_EXISTING);
    program.toFile().setExecutable(true);
    String name = program.getFileName().toString();
    try (MountedStore store =
        MountedStore.mounted("--hypervisors", name + ",other-*", "--admission", "advise")) {
      assertEquals("advise", store.status().path("admission").asText());
      store.template("base", 1);
      store.pando("clone", "base", "a").succeeded();
      round(store, "2G");
      store.pando("memory", "set", "a", "--size", "900T", "--reservation", "2G").succeeded();
      Process vmm =
          Program.of(
                  program.toString(),
                  "if=/dev/zero",
                  "of=" + store.at("a/a-flat.vmdk"),
                  "bs=1",
                  "conv=notrunc")
              .start();
      try {
        Patience.await("a is on", () -> isOn(store, "a"));
        assertEquals(-GIB, host(store).path("unreservedBytes").asLong());
        assertTrue(Files.readString(store.log()).contains("\"a\" has no memory"));
        assertFalse(vm(store, "a").path("admitted").asBoolean());
        assertEquals(0, store.json("space").path("swapAsideBytes").asLong());
        store.pando("clone", "base", "b").succeeded();
        store.pando("memory", "set", "b", "--size", "64M", "--reservation", "4M").succeeded();
        String refusal = store.pando("power", "on", "b").refusedWith(3);
        assertTrue(refusal.contains("more than there is are promised"), refusal);
      } finally {
        vmm.destroyForcibly().waitFor();
      }
      Patience.await("a is off", () -> !isOn(store, "a"));
      // nor is it by what is no hypervisor here
      Process qemu = qemu(store.at("a/a-flat.vmdk"), 64).start();
      try {
        Patience.await("it is open", () -> store.json("show", "a").path("running").asBoolean());
        assertFalse(isOn(store, "a"));
      } finally {
        qemu.destroyForcibly().waitFor();
      }
      store
          .pando(
              "mount",
              store.store().toString(),
              store.mountpoint().toString(),
              "--admission",
              "enforce")
          .refusedWith(3);
      store.mount();
    } finally {
      Files.delete(program);
    }
  }

  /** Two command lines that admit and release at once, while daemon after daemon is killed. */
  @Test
  void commandsAtOnceNeverPromiseMoreThanThereIsWhateverIsKilled() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", 1);
      store.pando("memory", "host", "--total", "2G", "--reserve", "1G").succeeded();
      for (String name : List.of("a", "b", "c")) {
        store.pando("clone", "base", name).succeeded();
        store.pando("memory", "set", name, "--size", "512M", "--reservation", "448M").succeeded();
      }
      String loop =
          """
          for i in $(seq 4); do
            for vm in "$@"; do
              "$PANDO" power on $vm && on=$((on + 1))
            done
            for vm in "$@"; do
              "$PANDO" power off $vm
            done
          done
          echo "$on admitted"
          """;
      Process one = loop(store, loop, "a", "b");
      Process two = loop(store, loop, "b", "c");
      long kills = 0;
      try {
        while (one.isAlive() || two.isAlive()) {
          Patience.await("it serves", store::isReady);
          assertTrue(host(store).path("unreservedBytes").asLong() >= 0);
          if (kills < 3) {
            store.killDaemon();
            kills++;
          }
        }
      } finally {
        one.destroyForcibly().waitFor();
        two.destroyForcibly().waitFor();
      }
      for (String name : List.of("a", "b", "c")) {
        store.pando("power", "off", name).succeeded();
      }
      assertEquals(0, host(store).path("reservedBytes").asLong());
      store.pando("power", "on", "a").succeeded();
      store.pando("power", "on", "b").succeeded();
      store.pando("power", "on", "c").refusedWith(3);
    }
  }

  private static Process loop(MountedStore store, String script, String... vms) throws IOException {
    return Program.shell(script, (Object[]) vms)
        .with("PANDO", Pando.CHECKOUT.resolve("cli/bin/pando"))
        .with("PANDO_JARS", Pando.JARS)
        .with("PANDO_MOUNT", store.mountpoint())
        .with("PANDO_RUN", store.work().resolve("run"))
        .start();
  }
}
