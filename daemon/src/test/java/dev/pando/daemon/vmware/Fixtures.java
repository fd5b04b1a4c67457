package dev.pando.daemon.vmware;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Files as hypervisors write them. */
final class Fixtures {
  /** Workstation, after some runs; with what a crashed and a suspended run leave behind. */
  static final String VMX =
      """
      #!/usr/bin/vmware
      .encoding = "UTF-8"
      config.version = "8"
      virtualHW.version = "16"
      // kept by hand
      displayName = "golden"
      guestOS = "debian10-64"
      nvram = "golden.nvram"
      extendedConfigFile = "golden.vmxf"
      memsize = "2048"
      numvcpus = "2"
      scsi0.present = "TRUE"
      scsi0.virtualDev = "pvscsi"
      scsi0.sasWWID = "50 05 05 67 33 af 02 30"
      scsi0.pciSlotNumber = "160"
      scsi0:0.present = "TRUE"
      scsi0:0.fileName = "golden.vmdk"
      scsi0:0.redo = ""
      scsi0:0.ctkEnabled = "TRUE"
      scsi0:1.present = "TRUE"
      scsi0:1.fileName = "/vmfs/volumes/4f6/golden/golden-data.vmdk"
      scsi0:2.present = "FALSE"
      scsi0:2.fileName = "gone.vmdk"
      ide1:0.present = "TRUE"
      ide1:0.fileName = "/isos/debian.iso"
      ide1:0.deviceType = "cdrom-image"
      ide1:1.present = "TRUE"
      ide1:1.fileName = "/dev/cdrom"
      ide1:1.deviceType = "cdrom-raw"
      floppy0.present = "FALSE"
      ethernet0.present = "TRUE"
      ethernet0.virtualDev = "vmxnet3"
      ethernet0.addressType = "generated"
      ethernet0.generatedAddress = "00:0c:29:c4:94:22"
      ethernet0.generatedAddressOffset = "0"
      ethernet0.pciSlotNumber = "192"
      Ethernet1.present = "TRUE"
      ethernet1.addressType = "static"
      ethernet1.address = "00:50:56:01:02:03"
      ethernet2.present = "TRUE"
      ethernet2.addressType = "vpx"
      ethernet2.generatedAddress = "00:50:56:80:11:22"
      ethernet3.present = "FALSE"
      uuid.bios = "56 4d 4b e9 1a bb 22 3a-b0 91 06 4e b4 c4 94 22"
      uuid.location = "56 4d 4b e9 1a bb 22 3a-b0 91 06 4e b4 c4 94 22"
      vc.uuid = "52 0f 6a 2c 1f 3f 4a 11-aa bb cc dd ee ff 00 11"
      vm.genid = "-8536691797830587195"
      vm.genidX = "-1723453263670062919"
      vmci0.present = "TRUE"
      vmci0.id = "-1262185438"
      fileSearchPath = ".;/vms/golden"
      sched.swap.derivedName = "/vms/golden/golden-3f1f1a2c.vswp"
      checkpoint.vmState = "golden-1a2b3c4d.vmss"
      migrate.hostlog = "./golden-3f1f1a2c.hlog"
      vmxstats.filename = "golden.scoreboard"
      cleanShutdown = "FALSE"
      serial0.present = "TRUE"
      serial0.fileType = "file"
      serial0.fileName = "/vms/golden/golden-serial.txt"
      serial1.present = "TRUE"
      serial1.fileType = "pipe"
      serial1.fileName = "/tmp/golden.pipe"
      serial2.present = "TRUE"
      serial2.fileType = "network"
      serial2.network.endPoint = "server"
      serial2.fileName = "telnet://:2001"
      parallel0.present = "TRUE"
      parallel0.fileType = "device"
      parallel0.fileName = "/dev/parport0"
      RemoteDisplay.vnc.enabled = "TRUE"
      RemoteDisplay.vnc.port = "5901"
      sharedFolder0.hostPath = "/home/teacher/share"
      pciBridge0.present = "TRUE"
      annotation = "made for |22course|22 # 7" # by hand
      """;

  static final String DESCRIPTOR =
      """
      # Disk DescriptorFile
      version=1
      encoding="UTF-8"
      CID=b97c5ab1
      parentCID=ffffffff
      isNativeSnapshot="no"
      createType="vmfs"

      # Extent description
      RW 4194304 VMFS "golden-flat.vmdk"
      RW 128 ZERO

      # Change Tracking File
      changeTrackPath="golden-ctk.vmdk"

      # The Disk Data Base
      #DDB

      ddb.adapterType = "lsilogic"
      ddb.geometry.cylinders = "261"
      ddb.geometry.heads = "255"
      ddb.geometry.sectors = "63"
      ddb.longContentID = "2b6b5cf0a3f0c7d1a0f1a1adb97c5ab1"
      ddb.uuid = "60 00 C2 9d 56 0f 1e 8d-6c 3b 8c 0e 3b 6c 7c 0e"
      ddb.virtualHWVersion = "16"
      """;

  static final String VMXF =
      """
      <?xml version="1.0"?>
      <Foundry>
      <VM>
      <VMId type="string">52 1b 98 9c 5c 0f 9d 5b-5a 3e 90 7d 0b 7f 5e 11</VMId>
      <ClientMetaData>
      <clientMetaDataAttributes/>
      <HistoryEventList/></ClientMetaData>
      <vmxPathName type="string">golden.vmx</vmxPathName></VM></Foundry>
      """;

  static final String VMSD =
      """
      .encoding = "windows-1252"
      snapshot.lastUID = "1"
      snapshot.current = "1"
      snapshot0.uid = "1"
      snapshot0.filename = "golden-Snapshot1.vmsn"
      snapshot0.displayName = "before"
      snapshot0.createTimeHigh = "388745"
      snapshot0.createTimeLow = "1991180826"
      snapshot0.numDisks = "1"
      snapshot0.disk0.fileName = "golden.vmdk"
      snapshot0.disk0.node = "scsi0:0"
      snapshot.numSnapshots = "1"
      """;

  /** An identity that tests can foresee: the vector of the VMCI id 1760250171. */
  static final Identity IDENTITY =
      new Identity(
          MachineUuid.parse("56 4d 36 d7 33 af 02 3c-11 22 33 44 68 eb 49 3b").orElseThrow(),
          MachineUuid.parse("52 00 11 22 33 44 55 66-77 88 99 aa bb cc dd ee").orElseThrow(),
          11,
          -22);

  private Fixtures() {}

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** The first sector of a hosted sparse extent of 1 GiB with a descriptor in sectors 1 to 20. */
  static byte[] sparseHeader() {
    ByteBuffer header = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
    header.put(bytes("KDMV")).putInt(1).putInt(3);
    header.putLong(2097152).putLong(128).putLong(1).putLong(20).putInt(512);
    header.putLong(21).putLong(77).putLong(128);
    header.position(73).put(bytes("\n \r\n"));
    return header.array();
  }
}
