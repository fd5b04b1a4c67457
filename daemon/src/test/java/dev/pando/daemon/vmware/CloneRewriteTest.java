package dev.pando.daemon.vmware;

import static dev.pando.daemon.vmware.Fixtures.bytes;
import static dev.pando.daemon.vmware.Fixtures.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CloneRewriteTest {
  private static final CloneRewrite CLONE =
      new CloneRewrite("course/s01", Fixtures.IDENTITY, Renaming.of("golden", "s01"));

  private static VmxDictionary clonedVmx() throws FormatException {
    return VmxDictionary.parse(CLONE.configuration(bytes(Fixtures.VMX)).bytes());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "displayName~course/s01",
        "uuid.bios~56 4d 36 d7 33 af 02 3c-11 22 33 44 68 eb 49 3b",
        "uuid.action~keep",
        "vmci0.id~1760250171",
        "vm.genid~11",
        "vm.genidX~-22",
        "ethernet0.addressType~generated",
        "ethernet0.generatedAddress~00:0c:29:eb:49:3b",
        "ethernet0.generatedAddressOffset~0",
        "ethernet1.addressType~generated",
        "ethernet1.generatedAddress~00:0c:29:eb:49:45",
        "ethernet1.generatedAddressOffset~10",
        "ethernet2.addressType~generated",
        "ethernet2.generatedAddress~00:0c:29:eb:49:4f",
        "nvram~s01.nvram",
        "extendedConfigFile~s01.vmxf",
        "scsi0:0.fileName~s01.vmdk",
        "scsi0:0.ctkEnabled~FALSE",
        "scsi0:1.fileName~s01-data.vmdk",
        "ide1:0.fileName~/isos/debian.iso",
        "ide1:1.startConnected~FALSE",
        "checkpoint.vmState~''",
        "vmxstats.filename~s01.scoreboard",
        "cleanShutdown~TRUE",
        "serial0.fileName~s01-serial.txt",
        "serial1.fileName~/tmp/golden.pipe-course-s01",
        "serial2.startConnected~FALSE",
        "parallel0.startConnected~FALSE",
        "RemoteDisplay.vnc.enabled~FALSE",
        "annotation~made for \"course\" # 7",
        "scsi0.pciSlotNumber~160",
      })
  void aCloneHasThisValue(String key, String value) throws FormatException {
    assertEquals(Optional.of(value), clonedVmx().get(key));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "uuid.location",
        "vc.uuid",
        "scsi0.sasWWID",
        "ethernet1.address",
        "ethernet3.generatedAddress",
        "fileSearchPath",
        "sched.swap.derivedName",
        "migrate.hostlog",
        "templateVM"
      })
  void aCloneDoesNotHaveThisKey(String key) throws FormatException {
    assertEquals(Optional.empty(), clonedVmx().get(key));
  }

  @Test
  void everyLineThatTheCloneDoesNotNeedToChangeIsTheTemplates() throws FormatException {
    Rewritten clone = CLONE.configuration(bytes(Fixtures.VMX));
    List<String> changed =
        clone.changes().stream().map(change -> change.key().toLowerCase(Locale.ROOT)).toList();
    List<String> kept = text(clone.bytes()).lines().toList();
    List<String> expected =
        Fixtures.VMX
            .lines()
            .filter(line -> changed.stream().noneMatch(line.toLowerCase(Locale.ROOT)::startsWith))
            .toList();
    assertTrue(expected.size() > 30);
    assertTrue(kept.containsAll(expected));
  }

  @Test
  void nothingOfTheTemplatesIdentityRemains() throws FormatException {
    String clone = text(CLONE.configuration(bytes(Fixtures.VMX)).bytes());
    for (String trace :
        List.of("b4 c4 94 22", "c4:94:22", "00:50:56", "-1262185438", "/vms/golden", "vmfs")) {
      assertFalse(clone.contains(trace), trace);
    }
  }

  @Test
  void changesSayWhatWasAndWhatIs() throws FormatException {
    List<KeyChange> changes = CLONE.configuration(bytes(Fixtures.VMX)).changes();
    assertTrue(
        changes.contains(
            new KeyChange("displayName", Optional.of("golden"), Optional.of("course/s01"))));
    assertTrue(
        changes.contains(new KeyChange("uuid.action", Optional.empty(), Optional.of("keep"))));
    assertTrue(
        changes.contains(
            new KeyChange("fileSearchPath", Optional.of(".;/vms/golden"), Optional.empty())));
    assertTrue(changes.stream().noneMatch(change -> change.before().equals(change.after())));
  }

  @Test
  void whatIsStillSharedBeyondTheDisksIsSaid() throws FormatException {
    List<String> warnings = CLONE.configuration(bytes(Fixtures.VMX)).warnings();
    assertEquals(2, warnings.size(), warnings.toString());
    assertTrue(warnings.get(0).contains("5901"));
    assertTrue(warnings.get(1).contains("/home/teacher/share"));
  }

  @Test
  void aCloneOfACloneIsRewrittenTheSameWay() throws FormatException {
    byte[] clone = CLONE.configuration(bytes(Fixtures.VMX)).bytes();
    CloneRewrite again = new CloneRewrite("course/s01", Fixtures.IDENTITY, Renaming.none());
    Rewritten second = again.configuration(clone);
    assertEquals(
        List.of("serial1.fileName"), second.changes().stream().map(KeyChange::key).toList());
  }

  @Test
  void whenNamesAreKeptOnlyIdentityAndPathsChange() throws FormatException {
    CloneRewrite keep = new CloneRewrite("s01", Fixtures.IDENTITY, Renaming.none());
    VmxDictionary clone = VmxDictionary.parse(keep.configuration(bytes(Fixtures.VMX)).bytes());
    assertEquals(Optional.of("golden.vmdk"), clone.get("scsi0:0.fileName"));
    assertEquals(Optional.of("golden-data.vmdk"), clone.get("scsi0:1.fileName"));
    assertEquals(Optional.of("golden.nvram"), clone.get("nvram"));
    assertEquals(Optional.of("s01"), clone.get("displayName"));
  }

  @Test
  void aNameThatNeedsEscapesIsReadBack() throws FormatException {
    String name = "say \"x|y\" \u03c0";
    CloneRewrite odd = new CloneRewrite(name, Fixtures.IDENTITY, Renaming.of("golden", name));
    VmxDictionary clone = VmxDictionary.parse(odd.configuration(bytes(Fixtures.VMX)).bytes());
    assertEquals(Optional.of(name), clone.get("displayName"));
    assertEquals(Optional.of(name + ".vmdk"), clone.get("scsi0:0.fileName"));
    assertThrows(
        FormatException.class, () -> odd.descriptor("golden.vmdk", bytes(Fixtures.DESCRIPTOR)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "encryption.keySafe = \"vmware:key/list\"",
        "Encryption.data = \"x\"",
        "vtpm.present = \"TRUE\""
      })
  void anEncryptedMachineIsRefused(String line) {
    FormatException refused =
        assertThrows(
            FormatException.class, () -> CLONE.configuration(bytes(Fixtures.VMX + line + "\n")));
    assertTrue(refused.getMessage().contains("encrypted"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "displayName = \"gol", "\0\0\0\0", "no configuration at all"})
  void aConfigurationThatIsCutOffOrNoneIsRefused(String file) {
    assertThrows(FormatException.class, () -> CLONE.configuration(bytes(file)));
  }

  @Test
  void aDescriptorGetsItsOwnUuidAndNames() throws FormatException {
    Rewritten disk = CLONE.descriptor("golden.vmdk", bytes(Fixtures.DESCRIPTOR));
    VmdkDescriptor clone = VmdkDescriptor.parse(disk.bytes());
    assertEquals(List.of("s01-flat.vmdk"), clone.files());
    assertEquals(Optional.of(Fixtures.IDENTITY.diskUuid("s01.vmdk")), clone.diskUuid());
    assertEquals(Optional.of("b97c5ab1"), clone.contentId());
    assertEquals(
        List.of("ddb.uuid", "changeTrackPath", "file"),
        disk.changes().stream().map(KeyChange::key).toList());
    byte[] region = Arrays.copyOf(bytes(Fixtures.DESCRIPTOR), 10240);
    Rewritten embedded = CLONE.embeddedDescriptor("golden.vmdk", region);
    assertEquals(10240, embedded.bytes().length);
    assertEquals(text(disk.bytes()), text(embedded.bytes()).replace("\0", ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "version=1\ncreateType=\"vmfsRawDeviceMap\"\nRW 8 VMFSRDM \"golden-rdm.vmdk\"\n",
        "version=1\ncreateType=\"fullDevice\"\nRW 8 FLAT \"/dev/sda\" 0\n",
        "version=1\nRW 8 FLAT \"/etc/shadow\" 0\n",
        "version=1\nRW 8 FLAT \"../other/flat.vmdk\" 0\n",
        "version=1\nparentFileNameHint=\"/vms/base.vmdk\"\nRW 8 FLAT \"x\" 0\n",
      })
  void aDiskThatReachesOutOfTheDirectoryIsRefused(String descriptor) {
    assertThrows(FormatException.class, () -> CLONE.descriptor("d.vmdk", bytes(descriptor)));
  }

  @Test
  void aSupplementNamesTheClone() throws FormatException {
    Rewritten clone = CLONE.supplement(bytes(Fixtures.VMXF), "golden.vmx");
    String expected =
        Fixtures.VMXF
            .replace("golden.vmx", "s01.vmx")
            .replace(
                "52 1b 98 9c 5c 0f 9d 5b-5a 3e 90 7d 0b 7f 5e 11",
                "52 00 11 22 33 44 55 66-77 88 99 aa bb cc dd ee");
    assertEquals(expected, text(clone.bytes()));
    assertThrows(
        FormatException.class, () -> CLONE.supplement(bytes("<Foundry><VM>"), "golden.vmx"));
  }

  @Test
  void aSupplementKeepsNamesThatXmlMustEscape() throws FormatException {
    String name = "a&b <\u03c0>";
    CloneRewrite odd = new CloneRewrite(name, Fixtures.IDENTITY, Renaming.of("golden", name));
    byte[] twice =
        bytes(
            Fixtures.VMXF.replace("</Foundry>", "<VM><vmxPathName>x</vmxPathName></VM></Foundry>"));
    Vmxf clone = Vmxf.parse(odd.supplement(twice, "golden.vmx").bytes());
    assertEquals(Optional.of(name + ".vmx"), clone.vmxPath());
    assertEquals(2, text(clone.bytes()).split("a&#38;b", -1).length - 1);
  }

  @Test
  void aConfigurationTellsItsUuidAddressesAndFiles() throws FormatException {
    Vmx vmx = Vmx.parse(bytes(Fixtures.VMX));
    assertEquals("564d4be9-1abb-223a-b091-064eb4c49422", vmx.uuid().orElseThrow().dashed());
    assertEquals(
        List.of("00:0c:29:c4:94:22", "00:50:56:01:02:03", "00:50:56:80:11:22"), vmx.macAddresses());
    assertEquals(
        List.of("golden.vmdk", "golden-data.vmdk"),
        vmx.disks().stream().map(FileReference::localPath).toList());
    assertTrue(vmx.isSuspended());
    assertFalse(vmx.isEncrypted());
  }
}
