package dev.pando.daemon.qemu;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Writes a domain for a machine that has no description of libvirt's (libvirt.org, "Domain XML
 * format"; the models are those that QEMU has). For one thread; of no use after {@link #xml}.
 */
public final class NewDomain {
  private static final int LETTERS = 26;

  private final String name;
  private final Optional<String> uuid;
  private final long memoryMebibytes;
  private final int processors;
  private final boolean efi;
  private final String machine;
  private final List<String> devices = new ArrayList<>();
  private final TreeSet<String> scsiModels = new TreeSet<>();
  private final Map<String, Integer> targets = new HashMap<>();

  /**
   * @param machine QEMU's machine type: {@code pc}, {@code q35}
   */
  public NewDomain(
      String name,
      Optional<String> uuid,
      long memoryMebibytes,
      int processors,
      boolean efi,
      String machine) {
    this.name = name.replace('/', '-');
    this.uuid = uuid;
    this.memoryMebibytes = memoryMebibytes;
    this.processors = processors;
    this.efi = efi;
    this.machine = machine;
  }

  /**
   * Adds a hard disk.
   *
   * @param file absolute
   * @param format of QEMU: {@code vmdk}, {@code qcow2}, {@code raw}
   * @param bus {@code ide}, {@code sata}, {@code scsi}, {@code virtio}
   */
  public void disk(String file, String format, String bus) {
    devices.add(
        """
            <disk type='file' device='disk'>
              <driver name='qemu' type='%s' cache='none'/>
              <source file='%s'/>
              <target dev='%s' bus='%s'/>
            </disk>
        """
            .formatted(format, References.escape(file), target(bus), bus));
  }

  /** Adds a drive with a medium in it. */
  public void cdrom(String file, String bus) {
    devices.add(
        """
            <disk type='file' device='cdrom'>
              <driver name='qemu' type='raw'/>
              <source file='%s'/>
              <target dev='%s' bus='%s'/>
              <readonly/>
            </disk>
        """
            .formatted(References.escape(file), target(bus), bus));
  }

  /** Names the model of the SCSI adapter: {@code lsilogic}, {@code vmpvscsi} and others. */
  public void scsi(String model) {
    if (scsiModels.isEmpty()) {
      scsiModels.add(model);
    }
  }

  /** Adds a network adapter of a model of QEMU's, on libvirt's default network. */
  public void adapter(String mac, String model) {
    devices.add(
        """
            <interface type='network'>
              <mac address='%s'/>
              <source network='default'/>
              <model type='%s'/>
            </interface>
        """
            .formatted(References.escape(mac), model));
  }

  private String target(String bus) {
    String prefix =
        switch (bus) {
          case "ide" -> "hd";
          case "virtio" -> "vd";
          default -> "sd";
        };
    int number = targets.merge(prefix, 1, Integer::sum) - 1;
    StringBuilder letters = new StringBuilder();
    for (int left = number; left >= 0; left = left / LETTERS - 1) {
      letters.insert(0, (char) ('a' + left % LETTERS));
    }
    return prefix + letters;
  }

  /** The domain, ready for {@code virsh define}. */
  public String xml() {
    StringBuilder xml = new StringBuilder("<domain type='kvm'>\n");
    xml.append("  <name>").append(References.escape(name)).append("</name>\n");
    uuid.ifPresent(id -> xml.append("  <uuid>").append(id).append("</uuid>\n"));
    xml.append(
        String.format(
            Locale.ROOT,
            """
              <memory unit='MiB'>%d</memory>
              <vcpu>%d</vcpu>
              <os%s>
                <type arch='x86_64' machine='%s'>hvm</type>
                <boot dev='hd'/>
              </os>
              <features>
                <acpi/>
                <apic/>
              </features>
              <devices>
            """,
            memoryMebibytes,
            processors,
            efi ? " firmware='efi'" : "",
            machine));
    for (String model : scsiModels) {
      xml.append("    <controller type='scsi' index='0' model='").append(model).append("'/>\n");
    }
    devices.forEach(device -> xml.append(device.indent(2)));
    xml.append("    <console type='pty'/>\n");
    xml.append("    <graphics type='vnc' port='-1' autoport='yes'/>\n");
    return xml.append("  </devices>\n</domain>\n").toString();
  }
}
