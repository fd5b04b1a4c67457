package dev.pando.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** VMs as libvirt describes them: libvirt's own schema and QEMU take what is printed. */
class DomainTest {
  private static final Pattern SOURCE = Pattern.compile("<source file='([^']*)'");

  private static final String WEB =
      """
      <domain type='kvm'>
        <name>web</name>
        <uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>
        <memory unit='MiB'>128</memory>
        <vcpu>1</vcpu>
        <os><type arch='x86_64' machine='q35'>hvm</type></os>
        <devices>
          <disk type='file' device='disk'>
            <driver name='qemu' type='qcow2'/>
            <source file='%s/web.qcow2'/>
            <target dev='vda' bus='virtio'/>
          </disk>
          <interface type='user'><mac address='52:54:00:aa:bb:cc'/></interface>
        </devices>
      </domain>
      """;

  /** What {@code show --xml} prints, validated; returns the disks it names. */
  private static List<String> disks(MountedStore store, String vm) throws Exception {
    String xml = store.pando("show", vm, "--xml").succeeded().out();
    Path file = store.work().resolve("domain.xml");
    Files.writeString(file, xml, UTF_8);
    Program.of("virt-xml-validate", file.toString(), "domain").run().succeeded();
    List<String> disks = new ArrayList<>();
    for (Matcher source = SOURCE.matcher(xml); source.find(); ) {
      disks.add(source.group(1));
      Program.of("qemu-img", "info", source.group(1)).run().succeeded();
    }
    return disks;
  }

  private static Path webVm(MountedStore store) throws Exception {
    Path host = Files.createDirectories(store.work().resolve("host/web"));
    Program.of("qemu-img", "create", "-f", "qcow2", host.resolve("web.qcow2").toString(), "64M")
        .run()
        .succeeded();
    Files.writeString(host.resolve("web.xml"), WEB.formatted(host), UTF_8);
    return host;
  }

  @Test
  void clonesOfADomainAreDomainsOfTheirOwn() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.pando("import", webVm(store).toString()).succeeded();
      String imported = Files.readString(store.at("web/web.xml"), UTF_8);
      assertTrue(imported.contains("<source file='web.qcow2'/>"), imported);
      store.pando("freeze", "web").succeeded();
      store.pando("clone", "web", "course/s", "--count", "2").succeeded();
      assertEquals(List.of(store.at("web/web.qcow2").toString()), disks(store, "web"));
      assertEquals(
          List.of(store.at("course/s01/s01.qcow2").toString()), disks(store, "course/s01"));
      JsonNode first = store.json("show", "course/s01");
      JsonNode second = store.json("show", "course/s02");
      assertFalse(first.path("uuid").asText().equals(second.path("uuid").asText()));
      assertTrue(first.path("macs").path(0).asText().startsWith("52:54:00:"), first::toString);
      assertFalse(first.path("macs").equals(second.path("macs")));
      assertEquals(64L << 20, first.path("disks").path(0).path("sizeBytes").asLong());
      String stored = Files.readString(store.at("course/s01/s01.xml"), UTF_8);
      assertTrue(stored.contains("<name>course-s01</name>"), stored);
      assertTrue(stored.contains("<source file='s01.qcow2'/>"), stored);
    }
  }

  @Test
  void aDomainIsImportedWithTheFilesItNames() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      Path host = webVm(store);
      Path variables = store.work().resolve("nvram/web_VARS.fd");
      Files.createDirectories(variables.getParent());
      Files.writeString(variables, "variables", UTF_8);
      Files.writeString(host.resolve("bystander.raw"), "not the machine's", UTF_8);
      Path xml = store.work().resolve("etc/web.xml");
      Files.createDirectories(xml.getParent());
      String nvram = "<nvram>" + variables + "</nvram></os>";
      Files.writeString(xml, WEB.formatted(host).replace("</os>", nvram), UTF_8);
      store.pando("import", xml.toString()).succeeded();
      try (Stream<Path> files = Files.list(store.at("web"))) {
        assertEquals(
            Set.of("web.xml", "web.qcow2", "web_VARS.fd"),
            files.map(file -> file.getFileName().toString()).collect(Collectors.toSet()));
      }
      assertEquals(List.of(store.at("web/web.qcow2").toString()), disks(store, "web"));
      Files.delete(variables);
      String refusal = store.pando("import", xml.toString(), "again").refusedWith(3);
      assertTrue(refusal.contains(variables.toString()), refusal);
      Path other = Files.writeString(xml.resolveSibling("other.xml"), "<network/>", UTF_8);
      store.pando("import", other.toString()).refusedWith(3);
      assertEquals(List.of("web"), store.names());
    }
  }

  @Test
  void everyKindOfVmIsDescribedForLibvirt() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", 4);
      store.pando("clone", "base", "s01").succeeded();
      assertEquals(List.of(store.at("s01/s01.vmdk").toString()), disks(store, "s01"));
      Path image = store.work().resolve("plain.img");
      Files.write(image, new byte[1 << 20]);
      store.pando("import", image.toString()).succeeded();
      assertEquals(List.of(store.at("plain/plain.img").toString()), disks(store, "plain"));
      JsonNode document = store.json("show", "s01", "--xml");
      String uuid = store.json("show", "s01").path("uuid").asText();
      assertTrue(document.path("xml").asText().contains("<uuid>" + uuid + "</uuid>"));
      store.pando("show", "none", "--xml").refusedWith(4);
    }
  }

  /** Reservation, limit and shares stand where libvirt keeps and ignores them. */
  @Test
  void theMemoryOfADomainIsChangedAndInherited() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.pando("import", webVm(store).toString()).succeeded();
      store.pando("memory", "set", "web", "--size", "1G", "--reservation", "256M").succeeded();
      store.pando("memory", "set", "web", "--limit", "512M", "--shares", "high").succeeded();
      String stored = Files.readString(store.at("web/web.xml"), UTF_8);
      assertTrue(stored.contains("reservation='262144' limit='524288' shares='high'"), stored);
      disks(store, "web");
      store.pando("clone", "web", "s01").succeeded();
      disks(store, "s01");
      for (JsonNode vm : store.json("memory").path("vms")) {
        assertEquals(1L << 30, vm.path("sizeBytes").asLong(), vm::toString);
        assertEquals(256L << 20, vm.path("reservationBytes").asLong(), vm::toString);
        assertEquals(512L << 20, vm.path("limitBytes").asLong(), vm::toString);
        assertEquals(20_480, vm.path("shares").asLong(), vm::toString);
      }
      store.pando("power", "on", "s01").succeeded();
      store.pando("memory", "set", "s01", "--size", "2G").refusedWith(3);
    }
  }

  @Test
  void aDomainWhoseDiskIsElsewhereIsRefused() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      Path host = webVm(store);
      Path xml = host.resolve("web.xml");
      Files.writeString(xml, WEB.formatted("/elsewhere").replace("web.qcow2", "x.qcow2"), UTF_8);
      String refusal = store.pando("import", host.toString()).refusedWith(3);
      assertTrue(refusal.contains("/elsewhere/x.qcow2"), refusal);
      assertEquals(List.of(), store.names());
    }
  }
}
