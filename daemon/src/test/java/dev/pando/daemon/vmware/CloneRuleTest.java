package dev.pando.daemon.vmware;

import static dev.pando.daemon.vmware.Fixtures.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every key that a clone's configuration treats in its own way: what stood in the template, what
 * stands in the clone {@code s01} of {@code golden}, and what other keys decide about it.
 */
class CloneRuleTest {
  private static final CloneRewrite CLONE =
      new CloneRewrite("s01", Fixtures.IDENTITY, Renaming.of("golden", "s01"));

  private static final String UUID = "564d36d7-33af-023c-1122-334468eb493b";

  private static Rewritten cloned(String lines) throws FormatException {
    return CLONE.configuration(bytes("config.version = \"8\"\n" + lines + "\n"));
  }

  private static Optional<String> after(String key, String value, String also)
      throws FormatException {
    StringBuilder lines = new StringBuilder(key + " = \"" + value + "\"\n");
    if (also != null) {
      for (String other : also.split(",", -1)) {
        String[] pair = other.strip().split("=", 2);
        lines.append(pair[0]).append(" = \"").append(pair[1]).append("\"\n");
      }
    }
    return VmxDictionary.parse(cloned(lines.toString()).bytes()).get(key);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      nullValues = "(gone)",
      value = {
        // key ~ template ~ clone ~ what else the template has
        "displayName                 ~ golden                        ~ s01             ~",
        "uuid.bios                   ~ 56 4d 00                      ~ 56 4d 36 d7 33 af 02 3c-11"
            + " 22 33 44 68 eb 49 3b ~",
        "UUID.BIOS                   ~ 56 4d 00                      ~ 56 4d 36 d7 33 af 02 3c-11"
            + " 22 33 44 68 eb 49 3b ~",
        "uuid.location               ~ 56 4d 00                      ~ (gone)          ~",
        "uuid.action                 ~ create                        ~ keep            ~",
        "vc.uuid                     ~ 52 0f                         ~ (gone)          ~",
        "vm.genid                    ~ 5                             ~ 11              ~",
        "vm.genidX                   ~ 6                             ~ -22             ~",
        "vmci0.id                    ~ 7                             ~ 1760250171      ~",
        "scsi0.sasWWID               ~ 50 05 05 67 33 af 02 30       ~ (gone)          ~",
        "scsi12.sasWWID              ~ 50 05 05 67 33 af 02 30       ~ (gone)          ~",
        "nvram                       ~ golden.nvram                  ~ s01.nvram       ~",
        "nvram                       ~ nvram                         ~ nvram           ~",
        "nvram                       ~ /vms/golden/golden.nvram      ~ s01.nvram       ~",
        "nvram                       ~ C:\\VMs\\golden\\golden.nvram ~ s01.nvram       ~",
        "extendedConfigFile          ~ golden.vmxf                   ~ s01.vmxf        ~",
        "extendedConfigFile          ~ /vms/golden/golden.vmxf       ~ s01.vmxf        ~",
        "scsi0:0.fileName            ~ golden.vmdk                   ~ s01.vmdk        ~",
        "scsi0:0.fileName            ~ golden.vmdk                   ~ s01.vmdk        ~"
            + " scsi0:0.deviceType=scsi-hardDisk",
        "ide0:0.fileName             ~ golden.vmdk                   ~ s01.vmdk        ~"
            + " ide0:0.deviceType=ata-hardDisk",
        "sata0:3.fileName            ~ golden-1.vmdk                 ~ s01-1.vmdk      ~",
        "nvme0:0.fileName            ~ ./golden.vmdk                 ~ s01.vmdk        ~",
        "scsi0:0.fileName            ~ other.vmdk                    ~ other.vmdk      ~",
        "scsi0:1.fileName            ~ /vmfs/volumes/1/golden/golden_1.vmdk ~ golden_1.vmdk ~",
        "scsi0:2.fileName            ~ [ds1] golden/golden.vmdk      ~ s01.vmdk        ~",
        "fileSearchPath              ~ .;/vms/golden                 ~ (gone)          ~",
        "scsi0:0.redo                ~ golden.vmdk.REDO_a            ~ ''              ~",
        "scsi0:0.mode                ~ independent-nonpersistent     ~ independent-nonpersistent ~",
        "ide0:0.mode                 ~ undoable                      ~ undoable        ~",
        "ctkEnabled                  ~ TRUE                          ~ FALSE           ~",
        "scsi0:0.ctkEnabled          ~ true                          ~ FALSE           ~",
        "sched.swap.derivedName      ~ /vmfs/golden-1.vswp           ~ (gone)          ~",
        "sched.swap.dir              ~ /vmfs/swap                    ~ (gone)          ~",
        "sched.swap.dir              ~ swap                          ~ swap            ~",
        "workingDir                  ~ /vms/golden                   ~ (gone)          ~",
        "workingDir                  ~ .                             ~ .               ~",
        "checkpoint.vmState          ~ golden-1a.vmss                ~ ''              ~",
        "migrate.hostlog             ~ ./golden-3f.hlog              ~ (gone)          ~",
        "log.fileName                ~ /vms/golden/vmware.log        ~ vmware.log      ~",
        "vmx.log.filename            ~ golden.log                    ~ s01.log         ~",
        "vmxstats.filename           ~ golden.scoreboard             ~ s01.scoreboard  ~",
        "serial0.fileName            ~ golden.txt                    ~ s01.txt         ~"
            + " serial0.fileType=file",
        "serial0.fileName            ~ /tmp/golden.txt               ~ s01.txt         ~"
            + " serial0.fileType=file",
        "serial0.fileName            ~ /tmp/com1                     ~ /tmp/com1-s01   ~"
            + " serial0.fileType=pipe",
        "serial0.fileName            ~ \\\\.\\pipe\\com1             ~ \\\\.\\pipe\\com1-s01 ~"
            + " serial0.fileType=pipe",
        "serial0.startConnected      ~ TRUE ~ FALSE ~"
            + " serial0.fileType=network,serial0.network.endPoint=server,serial0.fileName=telnet://:2001",
        "serial0.startConnected      ~ TRUE ~ TRUE  ~"
            + " serial0.fileType=network,serial0.network.endPoint=client,serial0.fileName=telnet://h:2001",
        "serial0.startConnected      ~ TRUE ~ FALSE ~"
            + " serial0.fileType=device,serial0.fileName=/dev/ttyS0",
        "serial0.startConnected      ~ TRUE ~ TRUE  ~"
            + " serial0.fileType=thinprint,serial0.fileName=thinprint",
        "parallel0.startConnected    ~ TRUE ~ FALSE ~"
            + " parallel0.fileType=device,parallel0.fileName=/dev/parport0",
        "parallel0.fileName          ~ golden.prn                    ~ s01.prn         ~"
            + " parallel0.fileType=file",
        "floppy0.fileName            ~ golden.flp                    ~ s01.flp         ~"
            + " floppy0.fileType=file",
        "floppy0.fileName            ~ /media/drivers.flp            ~ /media/drivers.flp ~"
            + " floppy0.fileType=file",
        "floppy0.startConnected      ~ TRUE ~ FALSE ~"
            + " floppy0.fileType=device,floppy0.fileName=/dev/fd0",
        "ide1:0.fileName             ~ /isos/debian.iso              ~ /isos/debian.iso ~"
            + " ide1:0.deviceType=cdrom-image",
        "ide1:0.fileName             ~ seed.iso                      ~ seed.iso        ~"
            + " ide1:0.deviceType=cdrom-image",
        "ide1:0.startConnected       ~ TRUE ~ TRUE  ~"
            + " ide1:0.deviceType=cdrom-image,ide1:0.fileName=seed.iso",
        "ide1:0.startConnected       ~ TRUE ~ FALSE ~"
            + " ide1:0.deviceType=cdrom-raw,ide1:0.fileName=auto detect",
        "sata0:1.startConnected      ~ TRUE ~ FALSE ~"
            + " sata0:1.deviceType=atapi-cdrom,sata0:1.fileName=/dev/sr0",
        "sata0:1.startConnected      ~ TRUE ~ FALSE ~"
            + " sata0:1.deviceType=cdrom-raw,sata0:1.autodetect=TRUE",
        "RemoteDisplay.vnc.enabled   ~ TRUE                          ~ FALSE           ~"
            + " RemoteDisplay.vnc.port=5901",
        "RemoteDisplay.vnc.enabled   ~ TRUE                          ~ FALSE           ~",
        "RemoteDisplay.vnc.enabled   ~ FALSE                         ~ FALSE           ~",
        "RemoteDisplay.vnc.port      ~ 5901                          ~ 5901            ~",
        "sharedFolder0.hostPath      ~ /home/t                       ~ /home/t         ~",
        "guestinfo.instance-id       ~ i-1                           ~"
            + " 564d36d7-33af-023c-1122-334468eb493b ~",
        "guestinfo.metadata          ~ local-hostname: a             ~ local-hostname: a ~",
        "guestinfo.userdata          ~ instance-id: a                ~ instance-id: a  ~",
        "guestinfo.hostname          ~ golden                        ~ golden          ~",
        "annotation                  ~ by hand|0Aline 2              ~ 'by hand\nline 2' ~",
        "cleanShutdown               ~ FALSE                         ~ TRUE            ~",
        "templateVM                  ~ TRUE                          ~ (gone)          ~",
        "policy.vm.mvmtid            ~ 52 00                         ~ ''              ~",
        "inVMTeam                    ~ TRUE                          ~ FALSE           ~",
        "sched.mem.min               ~ 1024                          ~ 1024            ~",
        "memsize                     ~ 2048                          ~ 2048            ~",
        "vtpm.present                ~ FALSE                         ~ FALSE           ~",
        "pciBridge0.present          ~ TRUE                          ~ TRUE            ~",
        "pciBridge4.functions        ~ 8                             ~ 8               ~",
        "ethernet0.pciSlotNumber     ~ 192                           ~ 192             ~"
            + " ethernet0.present=TRUE",
        "scsi0.pciSlotNumber         ~ 160                           ~ 160             ~",
        "virtualHW.version           ~ 19                            ~ 19              ~",
        "guestOS                     ~ debian10-64                   ~ debian10-64     ~",
        "firmware                    ~ efi                           ~ efi             ~",
        // Adapters: every way to have an address becomes the clone's generated one.
        "ethernet0.generatedAddress  ~ 00:0c:29:c4:94:22 ~ 00:0c:29:eb:49:3b ~"
            + " ethernet0.present=TRUE,ethernet0.addressType=generated",
        "ethernet0.generatedAddress  ~ 00:50:56:80:00:01 ~ 00:0c:29:eb:49:3b ~"
            + " ethernet0.present=TRUE,ethernet0.addressType=vpx",
        "ethernet0.addressType       ~ vpx               ~ generated         ~"
            + " ethernet0.present=TRUE",
        "ethernet0.addressType       ~ static            ~ generated         ~"
            + " ethernet0.address=00:50:56:00:00:01",
        "ethernet0.address           ~ 00:50:56:00:00:01 ~ (gone)            ~"
            + " ethernet0.addressType=static",
        "ethernet1.generatedAddressOffset ~ 0            ~ 10                ~"
            + " ethernet1.present=TRUE",
        "ethernet9.generatedAddress  ~ 00:0c:29:00:00:01 ~ 00:0c:29:eb:49:95 ~"
            + " ethernet9.present=FALSE",
        "ethernet00.generatedAddress ~ x                 ~ x                 ~"
            + " ethernet00.present=TRUE",
        "ethernet0.connectionType    ~ nat               ~ nat               ~"
            + " ethernet0.present=TRUE",
      })
  void aKeyOfTheTemplateBecomesThisInTheClone(String key, String before, String after, String also)
      throws FormatException {
    assertEquals(Optional.ofNullable(after), after(key, before, also));
  }

  @ParameterizedTest
  @ValueSource(strings = {"vmci0.id", "vm.genid", "vm.genidX", "annotation", "cleanShutdown"})
  void whatTheTemplateDoesNotHaveTheCloneDoesNotGet(String key) throws FormatException {
    assertEquals(Optional.empty(), VmxDictionary.parse(cloned("a = \"b\"").bytes()).get(key));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "encryption.bundle = \"x\"",
        "ENCRYPTION.KEYSAFE = \"x\"",
        "vtpm.present = \"TRUE\"",
        "vtpm.ekCSR = \"x\"",
        "ethernet10.present = \"TRUE\"",
        "ethernet10.address = \"00:50:56:00:00:01\"",
        "ethernet999999.present = \"TRUE\"",
        "ethernet99999999999999999999999999.generatedAddress = \"x\""
      })
  void aMachineThatCanNotBeClonedIsRefused(String line) {
    FormatException refused = assertThrows(FormatException.class, () -> cloned(line));
    assertTrue(
        refused.getMessage().contains(line.startsWith("eth") ? "at most ten" : "encrypted"),
        refused.getMessage());
  }

  @Test
  void anAdapterThatIsNotThereNeedsNoAddressWhateverItsNumber() throws FormatException {
    String line = "ethernet999999.present = \"FALSE\"\n";
    assertTrue(Fixtures.text(cloned(line).bytes()).contains(line));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "sharedFolder0.hostPath = \"/home/t\"~/home/t",
        "RemoteDisplay.vnc.enabled = \"TRUE\"~5900",
        "ide1:0.fileName = \"../isos/a.iso\"~../isos/a.iso",
      })
  void whatTheCloneStillSharesIsSaidOnOneLine(String line, String part) throws FormatException {
    List<String> warnings = cloned(line).warnings();
    assertEquals(1, warnings.size());
    assertTrue(warnings.get(0).contains(part), warnings.get(0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"present", "enabled"})
  void aSharedFolderThatIsOffIsNotWarnedOf(String key) throws FormatException {
    String lines = "sharedFolder0.hostPath = \"/h\"\nsharedFolder0." + key + " = \"FALSE\"";
    assertEquals(List.of(), cloned(lines).warnings());
  }

  @Test
  void aWarningIsShortAndHoldsNoControlCharacterOfTheFile() throws FormatException {
    String path = "|1B[31m|0A" + "x".repeat(10_000);
    String warning = cloned("sharedFolder0.hostPath = \"" + path + "\"").warnings().get(0);
    assertTrue(warning.length() < 400 && warning.chars().noneMatch(Character::isISOControl));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "instance-id: golden-1\\nlocal-hostname: a~instance-id: \"ID\"\\nlocal-hostname: a",
        "local-hostname: a\\ninstance-id: 'x y' # c~local-hostname: a\\ninstance-id: 'ID' # c",
        "{\"instance-id\": \"a\", \"b\": 1}~{\"instance-id\": \"ID\", \"b\": 1}",
        "{\"b\": 1,\\n  \"instance-id\":\"a\"}~{\"b\": 1,\\n  \"instance-id\":\"ID\"}",
        "local-hostname: a~local-hostname: a",
        "instance-id: my vm\\r\\nb: c~instance-id: \"ID\"\\r\\nb: c",
        "{\"instance-id\": \"a\\\"b\", \"c\": 1}~{\"instance-id\": \"ID\", \"c\": 1}",
        "{\"instance-id\": 5}~{\"instance-id\": \"ID\"}",
        "{\"x-instance-id\": 5}~{\"x-instance-id\": 5}",
        "x: \"instance-id: no\"~x: \"instance-id: no\"",
      })
  void cloudInitSeesAnotherInstance(String before, String after) throws FormatException {
    String plain = before.replace("\\n", "\n").replace("\\r", "\r");
    String expected = after.replace("\\n", "\n").replace("\\r", "\r").replace("ID", UUID);
    VmxDictionary template = VmxDictionary.parse(bytes("config.version = \"8\"\n"));
    template.set("guestinfo.metadata", plain);
    VmxDictionary clone = VmxDictionary.parse(CLONE.configuration(template.bytes()).bytes());
    assertEquals(Optional.of(expected), clone.get("guestinfo.metadata"));
    template.set("guestinfo.metadata", Base64.getEncoder().encodeToString(bytes(plain)));
    template.set("guestinfo.metadata.encoding", "base64");
    clone = VmxDictionary.parse(CLONE.configuration(template.bytes()).bytes());
    byte[] decoded = Base64.getDecoder().decode(clone.get("guestinfo.metadata").orElseThrow());
    assertEquals(expected, new String(decoded, StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource({
    "gzip+base64, H4sIAAAA, 1",
    "gz+b64, H4sIAAAA, 1",
    "base64, A, 1",
    "base64, e2luc3RhbmNlLWlkOiBhfQ==, 1", // {instance-id: a}
    "base64, YTogYg==, 0", // a: b
    "gzip+base64, '', 0",
  })
  void metadataThatCanNotBeLookedIntoIsKept(String encoding, String value, int warnings)
      throws FormatException {
    String lines =
        "guestinfo.metadata = \"%s\"\nguestinfo.metadata.encoding = \"%s\"\n"
            .formatted(value, encoding);
    Rewritten clone = cloned(lines);
    assertTrue(Fixtures.text(clone.bytes()).contains(lines));
    assertEquals(warnings, clone.warnings().size());
  }

  @Test
  void aCloneWithAnOriginNamesItInItsNotesOnce() throws FormatException {
    CloneOrigin first = new CloneOrigin("golden", 3, Instant.parse("2026-01-02T03:04:05.678Z"));
    CloneRewrite rewrite =
        new CloneRewrite("s01", Fixtures.IDENTITY, Renaming.none(), Optional.of(first));
    byte[] template = bytes("config.version = \"8\"\nannotation = \"by hand|0Aline 2\"\n");
    byte[] clone = rewrite.configuration(template).bytes();
    String line = "Pando: clone of golden, generation 3, 2026-01-02T03:04:05Z";
    assertTrue(Fixtures.text(clone).contains("annotation = \"by hand|0Aline 2|0A" + line + "\"\n"));
    CloneOrigin second = new CloneOrigin("s\n01", 1, Instant.EPOCH);
    rewrite = new CloneRewrite("s02", Fixtures.IDENTITY, Renaming.none(), Optional.of(second));
    assertEquals(
        Optional.of("by hand\nline 2\nPando: clone of s 01, generation 1, 1970-01-01T00:00:00Z"),
        VmxDictionary.parse(rewrite.configuration(clone).bytes()).get("annotation"));
    byte[] without = rewrite.configuration(bytes("config.version = \"8\"\n")).bytes();
    assertTrue(Fixtures.text(without).contains("annotation = \"Pando: clone of s 01, "));
  }

  @Test
  void theSupplementOfAVsphereTemplateNamesAConfigurationThatRuns() throws FormatException {
    byte[] supplement = bytes(Fixtures.VMXF.replace("golden.vmx", "golden.vmtx"));
    Vmxf clone = Vmxf.parse(CLONE.supplement(supplement, "golden.vmtx").bytes());
    assertEquals(Optional.of("s01.vmx"), clone.vmxPath());
  }

  @Test
  void bothMachinesOfAStaleSupplementAreRewritten() throws FormatException {
    String entry = Fixtures.VMXF.substring(Fixtures.VMXF.indexOf("<VM>")).replace("</Foundry>", "");
    String stale =
        Fixtures.VMXF.replace("</Foundry>", entry.replace("52 1b", "52 ff") + "</Foundry>");
    String clone = Fixtures.text(CLONE.supplement(bytes(stale), "golden.vmx").bytes());
    assertEquals(2, clone.split("52 00 11 22 33 44 55 66-77 88 99 aa bb cc dd ee", -1).length - 1);
    assertEquals(2, clone.split(">s01\\.vmx<", -1).length - 1);
    assertEquals(0, clone.split("52 ff|52 1b|golden", -1).length - 1);
  }
}
