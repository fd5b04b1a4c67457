package dev.pando.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/**
 * Guests of libvirt domains boot from raw and qcow2 disks in the mount, and see the identity that
 * Pando says they have; a template boots too, where nothing is written to it.
 */
class BootTest {
  private static final int BOOT_SECONDS = 90;

  /** Says who it is, leaves a trace on its disk, and powers off. */
  private static final String INIT =
      """
      #!/bin/sh
      export PATH=/bin:/sbin
      mount -t proc proc /proc
      mount -t sysfs sys /sys
      for module in net/core/failover drivers/net/net_failover drivers/net/virtio_net; do
        insmod /lib/modules/$(uname -r)/kernel/$module.ko
      done
      echo "uuid=$(cat /sys/class/dmi/id/product_uuid) mac=$(cat /sys/class/net/eth0/address)"
      if [ -e /var/own/trace ]; then echo "trace=$(cat /var/own/trace)"; else echo trace=none; fi
      cat /sys/class/dmi/id/product_uuid >/var/own/trace && sync && echo wrote
      umount -r / || mount -o remount,ro /
      poweroff -f
      """;

  private static final String DOMAIN =
      """
      <domain type='qemu'>
        <name>%1$s</name>
        <uuid>c7a5fdbd-edaf-9455-926a-d65c16db18%2$s</uuid>
        <memory unit='MiB'>256</memory>
        <vcpu>1</vcpu>
        <os>
          <type arch='x86_64' machine='pc'>hvm</type>
          <kernel>%3$s/vmlinuz</kernel>
          <initrd>%3$s/initrd</initrd>
        </os>
        <devices>
          <disk type='file' device='disk'>
            <driver name='qemu' type='%1$s'/>
            <source file='%3$s/%1$s.img'/>
            <target dev='vda' bus='virtio'/>
          </disk>
          <interface type='user'>
            <mac address='52:54:00:aa:bb:%2$s'/>
            <model type='virtio'/>
          </interface>
        </devices>
      </domain>
      """;

  @Test
  void aGuestIsWhoPandoSaysItIs() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      Path guest = OwnGuest.make(store, INIT);
      SideBySide.all(
          List.of(
              () -> requireIdentities(store, guest, "raw"),
              () -> requireIdentities(store, guest, "qcow2")));
    }
  }

  /** Boots a guest of this format, a clone of it twice, and the template without writing to it. */
  private static String requireIdentities(MountedStore store, Path guest, String format)
      throws Exception {
    Path host = domain(store, guest, format);
    store.pando("import", host.toString()).succeeded();
    String parent = identity(store, format);
    String booted = boot(store, format, format, false);
    assertTrue(booted.contains(parent) && booted.contains("trace=none"), booted);

    store.pando("freeze", format).succeeded();
    String disk = sum(store.at(format + "/" + format + ".img"));
    store.pando("clone", format, format + "-clone").succeeded();
    String clone = identity(store, format + "-clone");
    assertFalse(clone.equals(parent), clone);
    booted = boot(store, format + "-clone", format, false);
    assertTrue(booted.contains(clone), booted + "\nand not " + clone);
    // as it was after the parent's boot
    assertTrue(booted.contains("trace=" + parent.substring(5, 41)), booted);
    assertTrue(booted.contains("wrote"), booted);
    String second = boot(store, format + "-clone", format, false);
    assertTrue(second.contains("trace=" + clone.substring(5, 41)), second);

    booted = boot(store, format, format, true);
    assertTrue(booted.contains(parent) && booted.contains("wrote"), booted);
    assertEquals(disk, sum(store.at(format + "/" + format + ".img")));
    assertFalse(store.json("show", format).path("running").asBoolean());
    return format;
  }

  /** A guest runs on a template with QEMU's own overlay, whose base must stay as it is. */
  @Test
  void aTemplateThatAGuestReadsIsNotThawed() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("gold", 8);
      Path disk = store.at("gold/gold-flat.vmdk");
      Process qemu =
          Program.of(
                  List.of(
                      "qemu-system-x86_64",
                      "-S",
                      "-display",
                      "none",
                      "-nodefaults",
                      "-snapshot",
                      "-drive",
                      "file=" + disk + ",format=raw,if=virtio"))
              .start();
      try {
        awaitOpen(qemu, disk);
        assertFalse(store.json("show", "gold").path("running").asBoolean());
        String refusal = store.pando("thaw", "gold").refusedWith(3);
        assertTrue(refusal.contains("(pid " + qemu.pid() + ")"), refusal);
        store.pando("clone", "gold", "copy").succeeded();
        assertTrue(qemu.isAlive());
      } finally {
        qemu.destroyForcibly().waitFor();
      }
      store.pando("thaw", "gold").succeeded();
    }
  }

  private static void awaitOpen(Process process, Path file) throws IOException {
    Program.shell(
            "until ls -l /proc/$1/fd | grep -q \"$2\"; do sleep 0.05; done", process.pid(), file)
        .within(BOOT_SECONDS)
        .run()
        .succeeded();
  }

  /**
   * A libvirt domain on the host with the guest on a disk of this format; returns its directory.
   */
  private static Path domain(MountedStore store, Path guest, String format) throws IOException {
    Path host = Files.createDirectories(store.work().resolve("host/" + format));
    Files.copy(guest.resolve("vmlinuz"), host.resolve("vmlinuz"));
    Files.copy(guest.resolve("initrd"), host.resolve("initrd"));
    Program.of(
            "qemu-img",
            "convert",
            "-O",
            format,
            guest.resolve("guest-flat.vmdk").toString(),
            host.resolve(format + ".img").toString())
        .run()
        .succeeded();
    String digits = format.equals("raw") ? "01" : "02";
    Files.writeString(host.resolve(format + ".xml"), DOMAIN.formatted(format, digits, host), UTF_8);
    return host;
  }

  /** What the guest must print of itself. */
  private static String identity(MountedStore store, String vm) throws IOException {
    JsonNode shown = store.json("show", vm);
    return "uuid="
        + shown.path("uuid").asText()
        + " mac="
        + shown.path("macs").path(0).asText().toLowerCase(Locale.ROOT);
  }

  /** Boots a VM with the identity that {@code show} gives, and returns what the guest printed. */
  private static String boot(MountedStore store, String vm, String format, boolean overlay)
      throws IOException {
    JsonNode shown = store.json("show", vm);
    Path directory = Path.of(shown.path("directory").asText());
    Path serial = Files.createTempFile(store.work(), "serial", "");
    List<String> command =
        new ArrayList<>(
            List.of(
                "qemu-system-x86_64",
                "-M",
                "pc",
                "-m",
                "256",
                "-nodefaults",
                "-no-user-config",
                "-no-reboot",
                "-display",
                "none",
                "-kernel",
                directory.resolve("vmlinuz").toString(),
                "-initrd",
                directory.resolve("initrd").toString(),
                "-append",
                "console=ttyS0 quiet loglevel=3 panic=-1 no_timer_check mitigations=off nokaslr",
                "-serial",
                "file:" + serial,
                "-uuid",
                shown.path("uuid").asText(),
                "-nic",
                "user,model=virtio-net-pci,mac=" + shown.path("macs").path(0).asText(),
                "-drive",
                "file="
                    + directory.resolve(shown.path("disks").path(0).path("file").asText())
                    + ",format="
                    + format
                    + ",if=virtio"
                    + (overlay ? "" : ",cache=none")));
    if (overlay) {
      command.add("-snapshot");
    }
    Outcome ended = Program.of(command).within(BOOT_SECONDS).run();
    String printed = Files.readString(serial, UTF_8);
    assertEquals(0, ended.exitCode(), ended + printed);
    return printed;
  }

  private static String sum(Path file) throws IOException {
    return Program.of("sha256sum", file.toString()).run().succeeded().out().substring(0, 64);
  }
}
