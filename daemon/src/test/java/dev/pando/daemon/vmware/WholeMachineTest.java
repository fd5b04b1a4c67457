package dev.pando.daemon.vmware;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.charset.Charset;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same machine with a new identity: of a whole configuration exactly these keys change, and
 * every other line is the template's, byte for byte.
 */
class WholeMachineTest {
  /** A machine of Workstation on Windows: CR LF, a code page, a sound card, a shared folder. */
  private static final String WORKSTATION =
      """
      .encoding = "windows-1252"
      config.version = "8"
      virtualHW.version = "19"
      mks.enable3d = "TRUE"
      pciBridge0.present = "TRUE"
      pciBridge4.present = "TRUE"
      pciBridge4.virtualDev = "pcieRootPort"
      pciBridge4.functions = "8"
      vmci0.present = "TRUE"
      hpet0.present = "TRUE"
      nvram = "Pr\u00fcfung.nvram"
      virtualHW.productCompatibility = "hosted"
      powerType.powerOff = "soft"
      displayName = "Pr\u00fcfung"
      guestOS = "windows9-64"
      firmware = "efi"
      uefi.secureBoot.enabled = "TRUE"
      tools.syncTime = "FALSE"
      sound.autoDetect = "TRUE"
      sound.virtualDev = "hdaudio"
      sound.fileName = "-1"
      sound.present = "TRUE"
      numvcpus = "2"
      cpuid.coresPerSocket = "2"
      memsize = "4096"
      nvme0.present = "TRUE"
      nvme0:0.fileName = "Pr\u00fcfung.vmdk"
      nvme0:0.present = "TRUE"
      sata0.present = "TRUE"
      sata0:1.deviceType = "cdrom-image"
      sata0:1.fileName = "C:\\ISO\\win10.iso"
      sata0:1.present = "TRUE"
      usb.present = "TRUE"
      ehci.present = "TRUE"
      usb_xhci.present = "TRUE"
      svga.graphicsMemoryKB = "8388608"
      ethernet0.connectionType = "nat"
      ethernet0.addressType = "generated"
      ethernet0.virtualDev = "e1000e"
      ethernet0.present = "TRUE"
      serial0.fileType = "thinprint"
      serial0.fileName = "thinprint"
      serial0.present = "TRUE"
      extendedConfigFile = "Pr\u00fcfung.vmxf"
      floppy0.present = "FALSE"
      uuid.bios = "56 4d e6 46 a4 6e 49 5c-23 9e 02 2d e2 ab 2c 04"
      uuid.location = "56 4d e6 46 a4 6e 49 5c-23 9e 02 2d e2 ab 2c 04"
      nvme0:0.redo = ""
      pciBridge0.pciSlotNumber = "17"
      pciBridge4.pciSlotNumber = "21"
      ethernet0.pciSlotNumber = "160"
      nvme0.pciSlotNumber = "224"
      sata0.pciSlotNumber = "36"
      vmci0.pciSlotNumber = "37"
      ethernet0.generatedAddress = "00:0C:29:AB:2C:04"
      ethernet0.generatedAddressOffset = "0"
      vmci0.id = "-492098556"
      monitor.phys_bits_used = "45"
      cleanShutdown = "TRUE"
      softPowerOff = "TRUE"
      sharedFolder0.present = "TRUE"
      sharedFolder0.enabled = "TRUE"
      sharedFolder0.readAccess = "TRUE"
      sharedFolder0.writeAccess = "TRUE"
      sharedFolder0.hostPath = "D:\\Kurs"
      sharedFolder0.guestName = "Kurs"
      sharedFolder.maxNum = "1"
      usb_xhci:4.present = "TRUE"
      usb_xhci:4.deviceType = "hid"
      usb_xhci:4.port = "4"
      tools.remindInstall = "FALSE"
      annotation = "f\u00fcr den Kurs|0D|0AM\u00e4rz"
      """;

  /** A machine of Fusion, suspended once, with a hand-written line and keys of two spellings. */
  private static final String FUSION =
      """
      #!/usr/bin/vmware
      .encoding = "UTF-8"
      config.version = "8"
      virtualHW.version = "20"
      // added by a colleague
      displayName = "Pr\u00fcfung"
      guestOS = "arm-debian12-64"
      firmware = "efi"
      NVRAM = "Pr\u00fcfung.nvram"
      MemSize = 2048
      numvcpus = 2   # enough
      nvme0:0.present = TRUE
      nvme0:0.fileName = "Pr\u00fcfung.vmdk"
      sata0:1.present = "TRUE"
      sata0:1.deviceType = "cdrom-raw"
      sata0:1.fileName = "auto detect"
      sata0:1.startConnected = "TRUE"
      Ethernet0.present = "TRUE"
      Ethernet0.connectionType = "bridged"
      Ethernet0.addressType = "static"
      Ethernet0.address = "00:50:56:3f:ff:fe"
      Ethernet0.virtualDev = "vmxnet3"
      Ethernet0.linkStatePropagation.enable = "TRUE"
      extendedConfigFile = "Pr\u00fcfung.vmxf"
      gui.fitGuestUsingNativeDisplayResolution = "TRUE"
      gui.lastPoweredViewMode = "fullscreen"
      toolsInstallManager.updateCounter = "2"
      checkpoint.vmState = "Pr\u00fcfung-1f2e.vmss"
      uuid.bios = "56 4d 4b e9 1a bb 22 3a-b0 91 06 4e b4 c4 94 22"
      uuid.location = "56 4d 4b e9 1a bb 22 3a-b0 91 06 4e b4 c4 94 22"
      vmxstats.filename = "Pr\u00fcfung.scoreboard"
      numa.autosize.cookie = "20022"
      numa.autosize.vcpu.maxPerVirtualNode = "2"
      sound.present = "FALSE"
      isolation.tools.hgfs.disable = "FALSE"
      """;

  /** A machine of ESXi under vCenter, with two adapters, tracked blocks and a swap file. */
  private static final String ESXI =
      """
      .encoding = "UTF-8"
      config.version = "8"
      virtualHW.version = "17"
      nvram = "Pr\u00fcfung.nvram"
      svga.present = "TRUE"
      vmci0.present = "TRUE"
      floppy0.present = "FALSE"
      svga.vramSize = "16777216"
      numvcpus = "4"
      memSize = "8192"
      tools.upgrade.policy = "manual"
      sched.cpu.units = "mhz"
      sched.cpu.affinity = "all"
      scsi0.virtualDev = "pvscsi"
      scsi0.present = "TRUE"
      sata0.present = "TRUE"
      scsi0:0.deviceType = "scsi-hardDisk"
      scsi0:0.fileName = "Pr\u00fcfung.vmdk"
      sched.scsi0:0.shares = "normal"
      sched.scsi0:0.throughputCap = "off"
      scsi0:0.present = "TRUE"
      scsi0:0.ctkEnabled = "TRUE"
      sata0:0.startConnected = "FALSE"
      sata0:0.deviceType = "atapi-cdrom"
      sata0:0.fileName = "emptyBackingString"
      sata0:0.present = "TRUE"
      ethernet0.virtualDev = "vmxnet3"
      ethernet0.networkName = "VM Network"
      ethernet0.addressType = "vpx"
      ethernet0.generatedAddress = "00:50:56:80:12:34"
      ethernet0.uptCompatibility = "TRUE"
      ethernet0.present = "TRUE"
      ethernet1.virtualDev = "vmxnet3"
      ethernet1.dvs.switchId = "50 2c 11 22"
      ethernet1.addressType = "generated"
      ethernet1.generatedAddress = "00:0c:29:2b:f3:41"
      ethernet1.generatedAddressOffset = "10"
      ethernet1.present = "TRUE"
      displayName = "Pr\u00fcfung"
      guestOS = "rhel8-64"
      ctkEnabled = "TRUE"
      chipset.motherboardLayout = "acpi"
      uuid.bios = "42 2c 1b 98 9c 5c 0f 9d-5b 5a 3e 90 97 2b f3 37"
      vc.uuid = "50 2c d1 aa 00 11 22 33-44 55 66 77 88 99 aa bb"
      uuid.location = "56 4d 11 22 33 44 55 66-77 88 99 aa bb cc dd ee"
      sched.cpu.min = "0"
      sched.cpu.shares = "normal"
      sched.mem.min = "1024"
      sched.mem.minSize = "1024"
      sched.mem.shares = "normal"
      migrate.hostLog = "./Pr\u00fcfung-6f9a3c11.hlog"
      migrate.encryptionMode = "opportunistic"
      numa.autosize.cookie = "40042"
      sched.swap.derivedName = "/vmfs/volumes/5f1/Pr\u00fcfung/Pr\u00fcfung-6f9a3c11.vswp"
      pciBridge0.pciSlotNumber = "17"
      scsi0.pciSlotNumber = "160"
      ethernet0.pciSlotNumber = "192"
      ethernet1.pciSlotNumber = "224"
      scsi0.sasWWID = "50 05 05 6b 9c 5c 0f 90"
      vm.genid = "-8536691797830587195"
      vm.genidX = "-1723453263670062919"
      vmci0.id = "-1758727369"
      monitor.phys_bits_used = "43"
      cleanShutdown = "FALSE"
      guestinfo.metadata = "instance-id: vm-17"
      guestinfo.detailed.data = "bitness='64' distroName='RHEL'"
      """;

  static Stream<Arguments> machines() {
    return Stream.of(
        arguments(
            WORKSTATION.replace("\n", "\r\n"),
            "windows-1252",
            Map.of("sharedfolder0.hostpath", "warned"),
            Set.of(
                "displayname",
                "nvram",
                "extendedconfigfile",
                "nvme0:0.filename",
                "uuid.bios",
                "uuid.location",
                "uuid.action",
                "ethernet0.generatedaddress",
                "vmci0.id")),
        arguments(
            FUSION,
            "UTF-8",
            Map.of(),
            Set.of(
                "displayname",
                "nvram",
                "extendedconfigfile",
                "nvme0:0.filename",
                "sata0:1.startconnected",
                "checkpoint.vmstate",
                "vmxstats.filename",
                "uuid.bios",
                "uuid.location",
                "uuid.action",
                "ethernet0.addresstype",
                "ethernet0.address",
                "ethernet0.generatedaddress",
                "ethernet0.generatedaddressoffset")),
        arguments(
            ESXI,
            "UTF-8",
            Map.of(),
            Set.of(
                "displayname",
                "nvram",
                "scsi0:0.filename",
                "scsi0:0.ctkenabled",
                "ctkenabled",
                "ethernet0.addresstype",
                "ethernet0.generatedaddress",
                "ethernet0.generatedaddressoffset",
                "ethernet1.generatedaddress",
                "uuid.bios",
                "uuid.location",
                "uuid.action",
                "vc.uuid",
                "migrate.hostlog",
                "sched.swap.derivedname",
                "scsi0.saswwid",
                "vm.genid",
                "vm.genidx",
                "vmci0.id",
                "cleanshutdown",
                "guestinfo.metadata")));
  }

  @ParameterizedTest
  @MethodSource("machines")
  void exactlyTheKeysOfAnIdentityChangeAndEveryOtherLineStays(
      String file, String encoding, Map<String, String> warned, Set<String> changed)
      throws FormatException {
    Charset charset = Charset.forName(encoding);
    CloneRewrite rewrite =
        new CloneRewrite("s01", Fixtures.IDENTITY, Renaming.of("Pr\u00fcfung", "s01"));
    Rewritten clone = rewrite.configuration(file.getBytes(charset));
    assertEquals(new TreeSet<>(changed), reported(clone));
    assertEquals(warned.size(), clone.warnings().size(), clone.warnings().toString());

    Map<String, String> before = byKey(file);
    Map<String, String> after = byKey(new String(clone.bytes(), charset));
    Set<String> different = new TreeSet<>(before.keySet());
    different.addAll(after.keySet());
    different.removeIf(key -> before.getOrDefault(key, "").equals(after.getOrDefault(key, "")));
    assertEquals(new TreeSet<>(changed), different);

    // What stays, stays in its order, line ends and all.
    List<String> kept = withoutKeys(file, changed);
    assertTrue(kept.size() > 20);
    assertEquals(kept, withoutKeys(new String(clone.bytes(), charset), changed));
  }

  private static Set<String> reported(Rewritten clone) {
    Set<String> keys = new TreeSet<>();
    clone.changes().forEach(change -> keys.add(change.key().toLowerCase(Locale.ROOT)));
    return keys;
  }

  private static List<String> lines(String file) {
    return Arrays.stream(file.split("(?<=\n)", -1)).filter(line -> !line.isEmpty()).toList();
  }

  private static String key(String line) {
    return line.split("[ =]", 2)[0].toLowerCase(Locale.ROOT);
  }

  private static Map<String, String> byKey(String file) {
    Map<String, String> lines = new TreeMap<>();
    lines(file).forEach(line -> lines.put(key(line), line));
    return lines;
  }

  private static List<String> withoutKeys(String file, Set<String> keys) {
    return lines(file).stream().filter(line -> !keys.contains(key(line))).toList();
  }
}
