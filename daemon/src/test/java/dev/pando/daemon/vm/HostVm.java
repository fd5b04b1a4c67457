package dev.pando.daemon.vm;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** A VM on the host as VMware leaves it after power-off, with runtime litter. */
final class HostVm {
  static final int DISK_BYTES = 3 << 20;

  /** The disk: data, a hole, data, and a hole at the end. */
  private final byte[] disk = new byte[DISK_BYTES];

  private final Path directory;

  private HostVm(Path directory) {
    this.directory = directory;
    byte[] data = new byte[300_000];
    new Random(7).nextBytes(data);
    System.arraycopy(data, 0, disk, 0, data.length);
    System.arraycopy(data, 0, disk, 2 << 20, data.length);
  }

  /** Writes a VM called {@code name} into {@code parent}. */
  static HostVm in(Path parent, String name) throws IOException {
    HostVm vm = new HostVm(Files.createDirectory(parent.resolve(name)));
    vm.write(name + ".vmx", configuration(name));
    vm.write(name + ".vmdk", descriptor(name));
    Files.write(vm.directory.resolve(name + "-flat.vmdk"), vm.disk);
    vm.write(name + ".nvram", "firmware settings");
    vm.write(name + ".vmsd", "");
    vm.write(
        name + ".vmxf",
        """
        <?xml version="1.0"?>
        <Foundry>
        <VM>
        <VMId type="string">52 6e 5e b8 5d 9b 4d 4e-8c 3b 6f 8e 2d 1a 0b 9c</VMId>
        <vmxPathName type="string">%s.vmx</vmxPathName>
        </VM>
        </Foundry>
        """
            .formatted(name));
    vm.write("vmware.log", "a log");
    vm.write("notes.txt", "the owner's own");
    Files.createDirectory(vm.directory.resolve("scripts"));
    vm.write("scripts/setup.sh", "#!/bin/sh");
    Files.createSymbolicLink(vm.directory.resolve("latest"), Path.of("scripts"));
    return vm;
  }

  static String configuration(String name) {
    return """
    .encoding = "UTF-8"
    config.version = "8"
    virtualHW.version = "18"
    displayName = "%1$s"
    memsize = "256"
    guestOS = "other-64"
    uuid.bios = "56 4d 4b e9 1a bb 22 3a-b0 91 06 4e b4 c4 94 22"
    uuid.location = "56 4d 4b e9 1a bb 22 3a-b0 91 06 4e b4 c4 94 22"
    ethernet0.present = "TRUE"
    ethernet0.addressType = "generated"
    ethernet0.generatedAddress = "00:0c:29:c4:94:22"
    ethernet0.generatedAddressOffset = "0"
    scsi0:0.present = "TRUE"
    scsi0:0.fileName = "%1$s.vmdk"
    nvram = "%1$s.nvram"
    extendedConfigFile = "%1$s.vmxf"
    """
        .formatted(name);
  }

  static String descriptor(String name) {
    return """
    # Disk DescriptorFile
    version=1
    encoding="UTF-8"
    CID=fffffffe
    parentCID=ffffffff
    createType="monolithicFlat"

    # Extent description
    RW %d FLAT "%s-flat.vmdk" 0

    # The Disk Data Base
    #DDB
    ddb.uuid = "60 00 C2 9b 11 22 33 44-55 66 77 88 99 aa bb cc"
    ddb.adapterType = "lsilogic"
    """
        .formatted(DISK_BYTES / 512, name);
  }

  void write(String path, String text) throws IOException {
    Files.writeString(directory.resolve(path), text, StandardCharsets.UTF_8);
  }

  Path directory() {
    return directory;
  }

  byte[] disk() {
    return disk;
  }
}
