package dev.pando.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.testing.Patience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * What a guest has no use for any more is free: what it discards, and what it overwrites with
 * zeros.
 */
class GuestDiscardTest {
  private static final long MIB = 1 << 20;
  private static final int BOOT_SECONDS = 120;

  /** At the first boot it writes a file, at the second it removes that. */
  private static final String INIT =
      """
      #!/bin/sh
      export PATH=/bin:/sbin
      mount -t proc proc /proc
      fail() { echo "error: $1"; poweroff -f; }
      mkdir -p /mnt
      mount -t ext4 /dev/vdb /mnt || fail mount
      if [ -e /mnt/big ]; then
        rm /mnt/big && sync && fstrim -v /mnt || fail fstrim
        dd if=/dev/zero of=/dev/vdc bs=1M oflag=direct 2>/dev/null
        echo trimmed
      else
        dd if=/dev/urandom of=/mnt/big bs=1M count=64 2>/dev/null || fail write
        dd if=/dev/urandom of=/dev/vdc bs=1M count=32 oflag=direct 2>/dev/null || fail raw
        echo written
      fi
      umount /mnt && sync || fail umount
      poweroff -f
      """;

  private static String boot(MountedStore store, String vm, String serialName) throws IOException {
    Path serial = store.work().resolve(serialName);
    Files.createFile(serial);
    Program.of(
            Pando.CHECKOUT.resolve("cli/demo/boot-guest").toString(),
            store.at(vm).toString(),
            serial.toString(),
            Integer.toString(Patience.seconds(BOOT_SECONDS)),
            "-drive",
            "file=" + store.at(vm + "/data.img") + DRIVE,
            "-drive",
            "file=" + store.at(vm + "/zeros.img") + DRIVE)
        .within(BOOT_SECONDS + 10)
        .run()
        .succeeded();
    return Files.readString(serial, UTF_8);
  }

  private static final String DRIVE = ",format=raw,if=virtio,cache=none,discard=unmap";

  private static long allocated(Path file) throws IOException {
    return Long.parseLong(
            Program.of("stat", "-c", "%b", file.toString()).run().succeeded().out().strip())
        * 512;
  }

  @Test
  void aGuestsDiscardsAndZerosGiveBlocksBack() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      Path host = OwnGuest.make(store, INIT);
      Program.shell(
              "truncate -s 32M \"$1/zeros.img\" && mke2fs -q -t ext4 \"$1/data.img\" 256M", host)
          .run()
          .succeeded();
      store.pando("import", host.toString()).succeeded();
      store.pando("freeze", "guest").succeeded();
      store.pando("clone", "guest", "s01").succeeded();

      String first = boot(store, "s01", "first");
      assertTrue(first.contains("written"), first);
      long written = store.json("show", "s01").path("privateBytes").asLong();
      assertTrue(written >= 96 * MIB, "only " + written + " bytes are the clone's own");
      assertEquals(32 * MIB, allocated(store.at("s01/zeros.img")));

      String second = boot(store, "s01", "second");
      assertTrue(second.contains("trimmed"), second);
      long left = store.json("show", "s01").path("privateBytes").asLong();
      assertTrue(left <= 8 * MIB, left + " of " + written + " bytes are left: " + second);
      assertEquals(0, allocated(store.at("s01/zeros.img")));
      Program.of("e2fsck", "-fn", store.at("s01/data.img").toString()).run().succeeded();
      store.pando("reclaim").succeeded();
      long reclaimable = store.json("space").path("reclaimableBytes").asLong();
      assertTrue(reclaimable <= 2 * MIB, reclaimable + " bytes did not come back");
    }
  }
}
