package dev.pando.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Clones of a guest that writes without pause. It has an ext4 root, on which it makes, renames and
 * removes files and counts durably, and two raw disks, which it writes in turn.
 */
class RunningGuestTest {
  private static final int CLONES = 10;
  private static final int GUEST_SECONDS = 7200;
  private static final Duration BOOT = Duration.ofMinutes(2);

  /** What e2fsck(8) says when it has changed something. */
  private static final int REPLAYED = 1;

  /** What the guest runs instead of the demo's own init. */
  private static final String INIT =
      """
      #!/bin/sh
      export PATH=/bin:/sbin
      mount -t proc proc /proc
      fail() { echo "error: $1"; poweroff -f; }
      n=0
      mkdir -p /var/own/files
      until dd if=/dev/vdd iflag=direct bs=512 count=1 2>/dev/null | grep -q stop; do
        n=$((n + 1))
        printf %016d $n | dd of=/dev/vdb conv=fsync 2>/dev/null || fail "first raw disk"
        printf %016d $n | dd of=/dev/vdc conv=fsync 2>/dev/null || fail "second raw disk"
        echo $n | dd of=/var/own/counter.new conv=fsync 2>/dev/null || fail counter
        mv /var/own/counter.new /var/own/counter && sync || fail rename
        echo "synced $n"
        d=/var/own/files/$((n % 5))
        rm -rf $d && mkdir $d && echo $n >>/var/own/log || fail directory
        for i in 1 2 3 4 5 6 7 8; do
          dd if=/dev/urandom of=$d/$i bs=3000 count=$i 2>/dev/null || fail file
        done
        ln $d/1 $d/one && mv $d/2 $d/two && rm $d/3 || fail names
      done
      grep -q " / ext4 rw" /proc/mounts || fail "the root is read-only"
      umount -r / || mount -o remount,ro / || fail umount
      echo finished $n
      poweroff -f
      """;

  private static final Pattern SYNCED = Pattern.compile("synced (\\d+)\\s*\\n");

  @Test
  void everyCloneIsAsAfterALossOfPower() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      Path stop = importGuest(store);
      Path serial = store.work().resolve("serial");
      Process guest = boot(store, serial, stop);
      try {
        awaitSynced(guest, serial, 3);
        long[] before = new long[CLONES];
        StringBuilder times = new StringBuilder();
        for (int i = 0; i < CLONES; i++) {
          before[i] = synced(serial);
          long start = System.nanoTime();
          store.pando("clone", "guest", "c" + i).succeeded();
          times.append(' ').append(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
          awaitSynced(guest, serial, before[i] + 1);
        }
        System.out.println("RunningGuestTest: clone commands took, in ms," + times);
        requireRunning(store, guest);
        Files.writeString(stop, "stop" + " ".repeat(508), UTF_8);
        assertTrue(Patience.ends(guest, BOOT), () -> read(serial));
        assertTrue(read(serial).contains("finished"), () -> read(serial));
        for (int i = 0; i < CLONES; i++) {
          requireConsistent(store, "c" + i, before[i]);
        }
        requireClean(store.at("guest/guest-flat.vmdk"));
        assertFalse(store.json("show", "guest").path("running").asBoolean());
      } finally {
        guest.descendants().forEach(ProcessHandle::destroyForcibly);
        guest.destroyForcibly().waitFor();
      }
    }
  }

  /** Imports the guest with its disks; returns the disk on the host by which it is stopped. */
  private static Path importGuest(MountedStore store) throws Exception {
    Path host = OwnGuest.make(store, INIT);
    Program.shell("truncate -s 1M \"$1/a.img\" \"$1/b.img\"", host).run().succeeded();
    store.pando("import", host.toString()).succeeded();
    Path stop = store.work().resolve("stop");
    Files.writeString(stop, " ".repeat(512), UTF_8);
    return stop;
  }

  private static Process boot(MountedStore store, Path serial, Path stop) throws IOException {
    Files.createFile(serial);
    return Program.of(
            Pando.CHECKOUT.resolve("cli/demo/boot-guest").toString(),
            store.at("guest").toString(),
            serial.toString(),
            Integer.toString(GUEST_SECONDS),
            "-drive",
            "file=" + store.at("guest/a.img") + ",format=raw,if=virtio,cache=none",
            "-drive",
            "file=" + store.at("guest/b.img") + ",format=raw,if=virtio,cache=none",
            "-drive",
            "file=" + stop + ",format=raw,if=virtio,readonly=on")
        .start();
  }

  private static String read(Path serial) {
    try {
      return Files.readString(serial, UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void awaitSynced(Process guest, Path serial, long number) {
    Patience.await(
        "the guest syncs " + number,
        BOOT,
        () -> {
          assertTrue(guest.isAlive(), () -> "the guest ended: " + read(serial));
          return synced(serial) >= number;
        });
  }

  /** The last number that the guest has made durable. */
  private static long synced(Path serial) {
    long last = 0;
    for (Matcher line = SYNCED.matcher(read(serial)); line.find(); ) {
      last = Long.parseLong(line.group(1));
    }
    return last;
  }

  /** While it runs it is neither frozen nor removed, and QEMU is named. */
  private static void requireRunning(MountedStore store, Process guest) throws IOException {
    JsonNode by = store.json("show", "guest").path("runningBy");
    assertEquals(1, by.size(), by::toString);
    assertTrue(by.path(0).path("command").asText().startsWith("qemu-system"), by::toString);
    long pid = by.path(0).path("pid").asLong();
    assertTrue(guest.descendants().anyMatch(p -> p.pid() == pid) || guest.pid() == pid);
    for (String command : new String[] {"freeze", "remove"}) {
      String refusal = store.pando(command, "guest").refusedWith(3);
      assertTrue(refusal.contains("(pid " + pid + ")"), refusal);
    }
  }

  private static void requireConsistent(MountedStore store, String clone, long syncedBefore)
      throws Exception {
    Path root = store.at(clone + "/" + clone + "-flat.vmdk");
    Outcome replay = Program.of("e2fsck", "-y", "-E", "journal_only", root.toString()).run();
    assertTrue(replay.exitCode() <= REPLAYED, replay::toString);
    requireClean(root);
    String counter =
        Program.of("debugfs", "-R", "cat /var/own/counter", root.toString()).run().out().strip();
    assertTrue(
        Long.parseLong(counter) >= syncedBefore, clone + ": " + counter + " < " + syncedBefore);
    long first = number(store.at(clone + "/a.img"));
    long second = number(store.at(clone + "/b.img"));
    assertTrue(first == second || first == second + 1, clone + ": " + first + ", " + second);
    assertTrue(first >= syncedBefore, clone + ": " + first + " < " + syncedBefore);
  }

  private static void requireClean(Path root) throws IOException {
    Program.of("e2fsck", "-fn", root.toString()).run().succeeded();
  }

  private static long number(Path disk) throws IOException {
    byte[] digits = new byte[16];
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "r")) {
      file.readFully(digits);
    }
    return Long.parseLong(new String(digits, UTF_8));
  }
}
