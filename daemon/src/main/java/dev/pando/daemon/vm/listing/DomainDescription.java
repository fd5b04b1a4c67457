package dev.pando.daemon.vm.listing;

import dev.pando.daemon.memory.Units;
import dev.pando.daemon.memory.VmMemory;
import dev.pando.daemon.qemu.DomainRewrite;
import dev.pando.daemon.qemu.NewDomain;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.Inspection;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.UnsoundException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmDisk;
import dev.pando.daemon.vmware.FileReference;
import dev.pando.daemon.vmware.FormatException;
import dev.pando.daemon.vmware.Vmx;
import dev.pando.daemon.vmware.VmxDictionary;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A VM as libvirt wants it described, with the paths it has in this mount: its own domain XML, or
 * one made from its {@code .vmx}, or, of images alone, one for a plain machine. Thread-safe.
 */
public final class DomainDescription {
  private final TreeView view;
  private final Path mountpoint;

  public DomainDescription(TreeView view, Path mountpoint) {
    this.view = view;
    this.mountpoint = mountpoint;
  }

  /** The XML of a sound VM. */
  public String of(VmDirectory vm) throws MachineException {
    Inspection inspection = vm.inspect(view);
    Path directory = mountpoint.resolve(vm.name());
    try {
      inspection.check();
      Optional<String> domain = inspection.layout().domain();
      if (domain.isPresent()) {
        byte[] xml =
            DomainRewrite.absolute(inspection.text(domain.get()), directory, inspection.files());
        return new String(xml, StandardCharsets.UTF_8);
      }
      Optional<Vmx> vmx = inspection.configuration();
      return vmx.isPresent()
          ? ofConfiguration(vm, directory, vmx.get(), inspection.memory())
          : ofImages(vm, directory, inspection);
    } catch (UnsoundException | FormatException e) {
      throw MachineException.refused(
          "\"" + vm.name() + "\" can not be described: " + e.getMessage() + ".");
    }
  }

  private static String ofConfiguration(VmDirectory vm, Path directory, Vmx vmx, VmMemory memory) {
    VmxDictionary keys = vmx.dictionary();
    NewDomain domain =
        new NewDomain(
            vm.name(),
            vmx.uuid().map(uuid -> uuid.dashed()),
            memory.sizeBytes() / Units.MIB,
            memory.processors(),
            keys.get("firmware").filter("efi"::equalsIgnoreCase).isPresent(),
            "pc");
    for (FileReference file : vmx.files()) {
      String bus = bus(file.key());
      String path =
          file.leavesDirectory() && file.role() != FileReference.Role.DISK
              ? file.path()
              : directory.resolve(file.localPath()).toString();
      if (file.role() == FileReference.Role.DISK) {
        if (bus.equals("scsi")) {
          domain.scsi(scsiModel(keys, file.key()));
        }
        domain.disk(path, "vmdk", bus);
      } else if (file.role() == FileReference.Role.CD_IMAGE) {
        domain.cdrom(path, bus.equals("scsi") ? "sata" : bus);
      }
    }
    List<String> macs = vmx.macAddresses();
    for (String mac : macs) {
      domain.adapter(mac, adapterModel(keys));
    }
    return domain.xml();
  }

  /** What QEMU has that is nearest: it boots from no NVMe that libvirt knows of. */
  private static String bus(String key) {
    String device = key.toLowerCase(Locale.ROOT);
    if (device.startsWith("ide")) {
      return "ide";
    }
    return device.startsWith("scsi") ? "scsi" : "sata";
  }

  private static String scsiModel(VmxDictionary keys, String key) {
    String adapter = key.substring(0, key.indexOf(':'));
    return switch (keys.get(adapter + ".virtualDev").orElse("").toLowerCase(Locale.ROOT)) {
      case "lsisas1068" -> "lsisas1068";
      case "pvscsi" -> "vmpvscsi";
      default -> "lsilogic";
    };
  }

  private static String adapterModel(VmxDictionary keys) {
    return switch (keys.get("ethernet0.virtualDev").orElse("").toLowerCase(Locale.ROOT)) {
      case "vmxnet3" -> "vmxnet3";
      case "e1000e" -> "e1000e";
      default -> "e1000";
    };
  }

  private static String ofImages(VmDirectory vm, Path directory, Inspection inspection)
      throws UnsoundException, MachineException {
    NewDomain domain =
        new NewDomain(
            vm.name(), Optional.empty(), Inspection.USUAL_BYTES / Units.MIB, 1, false, "q35");
    for (VmDisk disk : inspection.disks()) {
      String file = directory.resolve(disk.file()).toString();
      domain.disk(file, inspection.imageFormat(disk.file()), "virtio");
    }
    return domain.xml();
  }
}
