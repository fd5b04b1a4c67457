package dev.pando.tests;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** A VM's directory on the host: configuration, a flat disk of random data, and the small files. */
record TinyVm(Path directory, String name, long seed) {
  private static final int MEBIBYTE = 1 << 20;
  private static final int SECTORS_OF_A_MEBIBYTE = 2048;

  /** Makes one in a directory that is not there yet, and is named like it. */
  static TinyVm in(Path directory, int mebibytes) throws IOException {
    TinyVm vm = new TinyVm(directory, directory.getFileName().toString(), System.nanoTime());
    Files.createDirectories(directory);
    Files.writeString(vm.vmx(), vm.configuration());
    Files.writeString(vm.descriptor(), vm.description(mebibytes));
    Files.createFile(directory.resolve(vm.name + ".vmsd"));
    Files.write(directory.resolve(vm.name + ".nvram"), new byte[8684]);
    Random random = new Random(vm.seed);
    byte[] data = new byte[MEBIBYTE];
    try (OutputStream disk = Files.newOutputStream(vm.disk())) {
      for (int i = 0; i < mebibytes; i++) {
        random.nextBytes(data);
        disk.write(data);
      }
    }
    return vm;
  }

  Path vmx() {
    return directory.resolve(name + ".vmx");
  }

  Path descriptor() {
    return directory.resolve(name + ".vmdk");
  }

  Path disk() {
    return directory.resolve(name + "-flat.vmdk");
  }

  private String configuration() {
    return """
    .encoding = "UTF-8"
    config.version = "8"
    virtualHW.version = "14"
    displayName = "%1$s"
    guestOS = "other-64"
    memSize = "64"
    nvram = "%1$s.nvram"
    uuid.bios = "56 4d 4b e9 1a bb 22 3a-b0 91 06 4e b4 c4 94 22"
    scsi0.present = "TRUE"
    scsi0:0.present = "TRUE"
    scsi0:0.fileName = "%1$s.vmdk"
    ethernet0.present = "TRUE"
    ethernet0.addressType = "generated"
    ethernet0.generatedAddress = "00:0c:29:c4:94:22"
    """
        .formatted(name);
  }

  private String description(int mebibytes) {
    return """
    # Disk DescriptorFile
    version=1
    CID=fffffffe
    parentCID=ffffffff
    createType="monolithicFlat"

    # Extent description
    RW %2$d FLAT "%1$s-flat.vmdk" 0

    #DDB
    ddb.adapterType = "lsilogic"
    ddb.geometry.cylinders = "%3$d"
    ddb.geometry.heads = "16"
    ddb.geometry.sectors = "63"
    ddb.uuid = "60 00 C2 9d 53 2e 27 ae-3a 5e 85 79 3e 43 a4 5c"
    """
        .formatted(
            name, mebibytes * SECTORS_OF_A_MEBIBYTE, mebibytes * SECTORS_OF_A_MEBIBYTE / 1008);
  }
}
