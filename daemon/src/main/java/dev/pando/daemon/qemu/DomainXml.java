package dev.pando.daemon.qemu;

import dev.pando.daemon.vmware.FormatException;
import dev.pando.daemon.vmware.MachineUuid;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What libvirt's description of a machine says (libvirt.org, "Domain XML format"), as far as a
 * clone is concerned. Immutable.
 */
public final class DomainXml {
  /** Backends that keep secrets for one machine; the host's own is shared by all. */
  private static final Set<String> TPM_OF_ONE = Set.of("emulator", "external");

  private final XmlText xml;

  private DomainXml(XmlText xml) {
    this.xml = xml;
  }

  /**
   * A disk of the machine.
   *
   * @param type {@code file}, {@code block}, {@code network} and others
   * @param device {@code disk}, {@code cdrom}, {@code floppy}, {@code lun}
   * @param file of type {@code file}, if a medium is in it
   * @param isShared whether several machines may use it at once: read-only, or marked so
   */
  public record Disk(String type, String device, Optional<String> file, boolean isShared) {
    /** Whether it holds what the machine writes. */
    public boolean isWritten() {
      return !isShared && !device.equals("cdrom") && !device.equals("floppy");
    }
  }

  /**
   * Reads a description.
   *
   * @throws FormatException if it is no well-formed XML, or describes no domain
   */
  public static DomainXml parse(byte[] bytes) throws FormatException {
    XmlText xml = XmlText.parse(bytes);
    if (xml.all("domain").isEmpty()) {
      throw new FormatException("is no description of a libvirt domain");
    }
    return new DomainXml(xml);
  }

  XmlText xml() {
    return xml;
  }

  /** The domain's name; empty if it has none. */
  public String name() {
    return text("domain/name").orElse("");
  }

  /** Its UUID, if it has one that can be read. */
  public Optional<MachineUuid> uuid() {
    return text("domain/uuid").flatMap(MachineUuid::parse);
  }

  private Optional<String> text(String kind) {
    return xml.all(kind).stream()
        .findFirst()
        .map(element -> xml.value(xml.content(element)).strip());
  }

  /** The MAC addresses of its network adapters, in lower case. */
  public List<String> macAddresses() {
    List<String> addresses = new ArrayList<>();
    for (XmlElement mac : xml.all("domain/devices/interface/mac")) {
      mac.attribute("address")
          .ifPresent(span -> addresses.add(xml.value(span).strip().toLowerCase(Locale.ROOT)));
    }
    return addresses;
  }

  /** Its disks, removable media included. */
  public List<Disk> disks() {
    List<Disk> disks = new ArrayList<>();
    for (XmlElement disk : xml.all("domain/devices/disk")) {
      Optional<String> file =
          xml.children(disk, "source").stream()
              .flatMap(source -> source.attribute("file").stream())
              .map(xml::value)
              .filter(path -> !path.isBlank())
              .findFirst();
      boolean isShared =
          !xml.children(disk, "readonly").isEmpty() || !xml.children(disk, "shareable").isEmpty();
      disks.add(
          new Disk(
              attribute(disk, "type", "file"), attribute(disk, "device", "disk"), file, isShared));
    }
    return disks;
  }

  /** The files that hold the machine's firmware variables, if it has any. */
  public List<String> firmwareVariables() {
    return xml.all("domain/os/nvram").stream()
        .map(element -> xml.value(xml.content(element)).strip())
        .filter(path -> !path.isEmpty())
        .toList();
  }

  private String attribute(XmlElement element, String name, String missing) {
    return element.attribute(name).map(xml::value).orElse(missing);
  }

  /** Why no two machines can have what it has; nothing if they can. */
  public Optional<String> secret() {
    boolean hasTpm =
        xml.all("domain/devices/tpm/backend").stream()
            .anyMatch(backend -> TPM_OF_ONE.contains(attribute(backend, "type", "")));
    if (hasTpm) {
      return Optional.of("has a virtual TPM, whose secrets no two machines may share");
    }
    return disks().stream()
        .filter(disk -> disk.isWritten() && !disk.type().equals("file"))
        .findFirst()
        .map(disk -> "has a disk of type " + disk.type() + ", whose data is in no file");
  }
}
