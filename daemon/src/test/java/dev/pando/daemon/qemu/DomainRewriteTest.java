package dev.pando.daemon.qemu;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.vmware.FormatException;
import dev.pando.daemon.vmware.Identity;
import dev.pando.daemon.vmware.KeyChange;
import dev.pando.daemon.vmware.Renaming;
import dev.pando.daemon.vmware.Rewritten;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What becomes of a domain's XML in a clone. */
class DomainRewriteTest {
  private static final OwnFiles FILES =
      new OwnFiles(Set.of("web.xml", "web.qcow2", "data.raw", "web.fd", "old/web.raw"));
  private static final Identity IDENTITY = Identity.random(new Random(1), suffix -> false);
  private static final Renaming RENAMING = Renaming.of("web", "s01");
  private static final int MUTANTS = 3_000;

  private static final String WEB =
      """
      <?xml version='1.0' encoding='UTF-8'?>
      <!-- <name>not this</name> -->
      <domain type='kvm' id='7' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
        <name>web</name>
        <uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>
        <genid>43dc0cf8-809b-4adb-9bea-a9abb5f3d90e</genid>
        <title>The &amp; web server</title>
        <memory unit='KiB'>219200</memory>
        <sysinfo type='smbios'><system>
          <entry name='manufacturer'>A vendor</entry>
          <entry name='uuid'>c7a5fdbd-edaf-9455-926a-d65c16db1809</entry>
        </system></sysinfo>
        <os><type arch='x86_64' machine='q35'>hvm</type><nvram>/var/lib/vms/web.fd</nvram></os>
        <devices>
          <emulator>/usr/bin/qemu-system-x86_64</emulator>
          <disk type='file' device='disk'>
            <driver name='qemu' type='qcow2'/>
            <source file='/var/lib/vms/web.qcow2'/><target dev='vda' bus='virtio'/>
            <serial>ABC123</serial>
          </disk>
          <disk type='file'><source file="data.raw"/><target dev='vdb' bus='virtio'/></disk>
          <disk type='file' device='cdrom'>
            <source file='/iso/debian.iso'/><target dev='sda'/><readonly/></disk>
          <interface type='network'>
            <mac address='52:54:00:aa:bb:cc'/>
            <target dev='vnet3'/>
            <model type='virtio'/>
          </interface>
          <interface type='user'><mac address="52:54:00:aa:bb:cd"/></interface>
          <serial type='file'><source path='/var/log/web.log'/><target port='0'/></serial>
          <channel type='unix'>
            <source mode='bind' path='/var/lib/libvirt/qemu/web.agent'/>
            <target type='virtio' name='org.qemu.guest_agent.0'/>
          </channel>
          <graphics type='vnc' port='5901' autoport='no'/>
          <filesystem type='mount'><source dir='/srv/share'/><target dir='s'/></filesystem>
        </devices>
        <qemu:commandline><qemu:arg value='-snapshot'/></qemu:commandline>
      </domain>
      """;

  private static Rewritten clone(String xml) throws FormatException {
    return DomainRewrite.clone(xml.getBytes(UTF_8), "course/s01", IDENTITY, RENAMING, FILES);
  }

  private static Map<String, String> changes(Rewritten rewritten) {
    return rewritten.changes().stream()
        .collect(Collectors.toMap(KeyChange::key, change -> change.after().orElse("gone")));
  }

  @Test
  void everyKeyIsRewrittenAndNothingElse() throws Exception {
    Rewritten clone = clone(WEB);
    String uuid = IDENTITY.uuid().dashed();
    assertEquals(
        Map.ofEntries(
            Map.entry("name", "course-s01"),
            Map.entry("title", "gone"),
            Map.entry("domain/@id", "gone"),
            Map.entry("uuid", uuid),
            Map.entry("genid", IDENTITY.generationGuid()),
            Map.entry("sysinfo/system/entry[2]", uuid),
            Map.entry("os/nvram", "s01.fd"),
            Map.entry("devices/disk/source/@file", "s01.qcow2"),
            Map.entry("devices/interface/mac/@address", DomainRewrite.macAddress(IDENTITY, 0)),
            Map.entry("devices/interface/target", "gone"),
            Map.entry("devices/interface[2]/mac/@address", DomainRewrite.macAddress(IDENTITY, 1)),
            Map.entry("devices/serial/source/@path", "s01.log"),
            Map.entry("devices/channel/source/@path", "gone"),
            Map.entry("devices/graphics/@port", "-1"),
            Map.entry("devices/graphics/@autoport", "yes")),
        changes(clone));
    assertEquals(1, clone.warnings().size(), clone.warnings()::toString);
    assertTrue(clone.warnings().get(0).contains("/srv/share"));
  }

  @Test
  void whatDoesNotChangeKeepsEveryByte() throws Exception {
    String after = new String(clone(WEB).bytes(), UTF_8);
    List<String> kept = WEB.lines().filter(line -> after.contains(line + "\n")).toList();
    long changed = WEB.lines().count() - kept.size();
    assertEquals(14, changed, after);
    for (String part :
        List.of("<serial>ABC123</serial>", "<!-- <name>not this</name> -->", "-snapshot")) {
      assertTrue(after.contains(part), part);
    }
    assertFalse(after.contains("/var/"), after);
    DomainXml domain = DomainXml.parse(after.getBytes(UTF_8));
    assertEquals("course-s01", domain.name());
    assertEquals(IDENTITY.uuid(), domain.uuid().orElseThrow());
    assertEquals(2, domain.macAddresses().size());
  }

  @Test
  void theOwnFilesGetTheirPathsInTheMount() throws Exception {
    byte[] clone = clone(WEB).bytes();
    byte[] absolute =
        DomainRewrite.absolute(
            clone, Path.of("/srv/vms/s01"), new OwnFiles(Set.of("s01.qcow2", "data.raw")));
    List<String> files =
        DomainXml.parse(absolute).disks().stream().map(disk -> disk.file().orElseThrow()).toList();
    assertEquals(
        List.of("/srv/vms/s01/s01.qcow2", "/srv/vms/s01/data.raw", "/iso/debian.iso"), files);
  }

  @Test
  void aDomainWithoutAUuidGetsOne() throws Exception {
    String line = "  <uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>\n";
    String clone = new String(clone(WEB.replace(line, "")).bytes(), UTF_8);
    String own = "  <name>course-s01</name>\n  <uuid>" + IDENTITY.uuid().dashed() + "</uuid>\n";
    assertTrue(clone.contains(own), clone);
    DomainXml.parse(clone.getBytes(UTF_8));
  }

  @Test
  void theLongestPathThatIsAFileOfTheVmIsMeant() {
    assertEquals(Optional.of("old/web.raw"), FILES.find("/var/lib/vms/old/web.raw"));
    assertEquals(Optional.of("web.qcow2"), FILES.find("/var/lib/old/web.qcow2"));
    assertEquals(Optional.of("web.qcow2"), FILES.find("./web.qcow2"));
    assertEquals(Optional.empty(), FILES.find("/var/lib/vms/other.raw"));
    assertEquals(Optional.empty(), FILES.find(""));
  }

  @Test
  void filesInSubdirectoriesKeepTheirPlaceAndKernelsFollow() throws Exception {
    String xml =
        WEB.replace("data.raw", "/var/lib/vms/old/web.raw")
            .replace("<nvram>", "<kernel>/boot/web.fd</kernel><nvram>");
    Map<String, String> changes = changes(clone(xml));
    assertEquals("old/web.raw", changes.get("devices/disk[2]/source/@file"));
    assertEquals("s01.fd", changes.get("os/kernel"));
  }

  @Test
  void textIsReadInTheEncodingThatIsDeclared() throws Exception {
    String name = "Käse";
    String xml = WEB.replace("UTF-8", "iso-8859-1").replace(">web<", ">" + name + "<");
    assertEquals(name, DomainXml.parse(xml.getBytes(ISO_8859_1)).name());
    String kept = "<title>Über</title>";
    byte[] clone =
        DomainRewrite.renew(
                xml.replaceAll("<title>.*</title>", kept).getBytes(ISO_8859_1), IDENTITY)
            .bytes();
    assertTrue(new String(clone, ISO_8859_1).contains(kept));
    for (String unknown : List.of("UTF-16", "IBM037", "no-such")) {
      String bad = WEB.replace("UTF-8", unknown);
      assertThrows(FormatException.class, () -> DomainXml.parse(bad.getBytes(UTF_8)), unknown);
    }
  }

  @Test
  void noTwoMachinesListenOnOneSocket() throws Exception {
    String xml =
        WEB.replace(
            "<graphics type='vnc' port='5901' autoport='no'/>",
            "<graphics type='vnc' socket='/run/web.vnc'>"
                + "<listen type='socket' socket='/run/vnc'/></graphics>");
    Map<String, String> changes = changes(clone(xml));
    assertEquals("/run/s01.vnc", changes.get("devices/graphics/@socket"));
    assertEquals("/run/course-s01-vnc", changes.get("devices/graphics/listen/@socket"));
    assertFalse(changes.containsKey("devices/graphics/@autoport"));
  }

  @Test
  void whatNoTwoMachinesCanHaveIsRefused() {
    for (String bad :
        List.of(
            WEB.replace("<disk type='file'><source file=\"data.raw\"/>", "<disk type='block'>"),
            WEB.replace(
                "<emulator>", "<tpm model='tpm-crb'><backend type='emulator'/></tpm><emulator>"),
            WEB.replace("<emulator>", "<interface type='user'/>".repeat(9) + "<emulator>"),
            WEB.replace("<?xml version='1.0' encoding='UTF-8'?>", "<!DOCTYPE domain>"),
            WEB.substring(0, 400),
            "<network/>",
            "",
            "\0<\0d\0>")) {
      assertThrows(FormatException.class, () -> clone(bad), bad);
    }
  }

  @Test
  void mutatedDomainsAreRefusedOrStayWellFormed() {
    long seed = Long.getLong("pando.test.seed", System.nanoTime());
    System.out.println("DomainRewriteTest: -Dpando.test.seed=" + seed);
    Random random = new Random(seed);
    byte[] original = WEB.getBytes(UTF_8);
    int accepted = 0;
    for (int i = 0; i < MUTANTS; i++) {
      byte[] mutant = original.clone();
      for (int n = random.nextInt(3); n >= 0; n--) {
        int at = random.nextInt(mutant.length);
        switch (random.nextInt(3)) {
          case 0 -> mutant[at] = (byte) (32 + random.nextInt(95));
          case 1 -> mutant[at] = "<>/'\"=&! \n".getBytes(UTF_8)[random.nextInt(10)];
          default -> mutant = Arrays.copyOf(mutant, mutant.length - random.nextInt(3));
        }
      }
      try {
        Rewritten clone = DomainRewrite.clone(mutant, "s01", IDENTITY, RENAMING, FILES);
        DomainXml.parse(clone.bytes());
        accepted++;
      } catch (FormatException refused) {
        assertTrue(refused.getMessage().length() < 300, refused.getMessage());
      }
    }
    assertTrue(accepted > MUTANTS / 20, accepted + " were read");
  }
}
