package dev.pando.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.testing.Patience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A guest sees the memory that it was given: what its kernel counts is compared. */
class GuestMemoryTest {
  private static final int BOOT_SECONDS = 90;
  private static final long KIB_OF_A_MEBIBYTE = 1024;

  private static final String INIT =
      """
      #!/bin/sh
      export PATH=/bin:/sbin
      mount -t proc proc /proc
      grep MemTotal /proc/meminfo
      umount -r / || mount -o remount,ro /
      poweroff -f
      """;

  private static final Pattern TOTAL = Pattern.compile("MemTotal: +(\\d+) kB");

  @Test
  void aGuestSeesWhatItsConfigurationSays() throws Exception {
    try (MountedStore store = MountedStore.mounted("--admission", "enforce")) {
      store.pando("import", OwnGuest.make(store, INIT).toString()).succeeded();
      store.pando("freeze", "guest").succeeded();
      store.pando("clone", "guest", "small").succeeded();
      store.pando("clone", "guest", "large").succeeded();
      store.pando("memory", "set", "large", "--size", "448M").succeeded();
      List<Long> memories =
          SideBySide.all(List.of(() -> memoryOf(store, "small"), () -> memoryOf(store, "large")));
      long small = memories.get(0);
      long large = memories.get(1);
      // what the kernel keeps for itself does not count, and hardly depends on the size
      assertTrue(small > 180 * KIB_OF_A_MEBIBYTE && small < 256 * KIB_OF_A_MEBIBYTE, "" + small);
      assertEquals(448 - 256, (double) (large - small) / KIB_OF_A_MEBIBYTE, 12);
    }
  }

  /** In KiB, as the guest's own kernel counts it. */
  private static long memoryOf(MountedStore store, String vm) throws IOException {
    Path serial = Files.createTempFile(store.work(), "serial", "");
    Program.of(
            Pando.CHECKOUT.resolve("cli/demo/boot-guest").toString(),
            store.at(vm).toString(),
            serial.toString(),
            Integer.toString(Patience.seconds(BOOT_SECONDS)))
        .within(BOOT_SECONDS + 10)
        .run()
        .succeeded();
    String printed = Files.readString(serial, UTF_8);
    Matcher total = TOTAL.matcher(printed);
    assertTrue(total.find(), printed);
    return Long.parseLong(total.group(1));
  }
}
