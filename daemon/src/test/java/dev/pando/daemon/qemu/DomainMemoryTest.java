package dev.pando.daemon.qemu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.memory.Shares;
import dev.pando.daemon.memory.Units;
import dev.pando.daemon.memory.VmMemory;
import dev.pando.daemon.vmware.FormatException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DomainMemoryTest {
  private static byte[] domain(String inner) {
    return ("<domain type='kvm'>\n  <name>x</name>\n  " + inner + "\n</domain>\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static VmMemory read(byte[] text) throws FormatException {
    return DomainMemory.read(DomainXml.parse(text));
  }

  @ParameterizedTest
  @CsvSource({
    "<memory>1048576</memory>",
    "<memory unit='KiB'>1048576</memory>",
    "<memory unit='k'>1048576</memory>",
    "<memory unit='MiB'> 1024 </memory>",
    "<memory unit='GiB'>1</memory>",
    "<memory unit='bytes'>1073741824</memory>",
  })
  void aGibibyteIsReadInEveryUnit(String memory) throws FormatException {
    assertEquals(VmMemory.plain(Units.GIB, 1), read(domain(memory)));
  }

  @Test
  void reservationLimitAndSharesAreOursOrLibvirts() throws FormatException {
    VmMemory libvirts =
        read(
            domain(
                "<memory unit='MiB'>1024</memory><vcpu placement='static'>2</vcpu><memtune>"
                    + "<hard_limit unit='MiB'>2048</hard_limit>"
                    + "<min_guarantee unit='MiB'>256</min_guarantee></memtune>"));
    assertEquals(
        new VmMemory(Units.GIB, Units.GIB / 4, 2 * Units.GIB, Shares.NORMAL, 2, false), libvirts);
    VmMemory unlimited =
        read(
            domain(
                "<memory unit='MiB'>64</memory><memtune>"
                    + "<hard_limit>9007199254740991</hard_limit></memtune>"));
    assertEquals(VmMemory.UNLIMITED, unlimited.limitBytes());
    VmMemory locked =
        read(domain("<memory unit='MiB'>64</memory><memoryBacking><locked/></memoryBacking>"));
    assertEquals(64 * Units.MIB, locked.reservationBytes());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<metadata><a:b xmlns:a='urn:a'/></metadata><memory unit='MiB'>1024</memory>",
        "<metadata/><memory unit='MiB'>1024</memory>",
        "<uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>\n  <memory unit='MiB'>1024</memory>",
        "<memory unit='MiB'>1024</memory>",
      })
  void whatIsWrittenIsReadAndAllElseIsKept(String inner) throws FormatException {
    byte[] text = domain(inner + "<!-- mine -->");
    VmMemory before = read(text);
    assertArrayEquals(text, DomainMemory.write(text, before).bytes());
    VmMemory wanted =
        new VmMemory(2 * Units.GIB, Units.GIB, 1536 * Units.MIB, Shares.HIGH, 1, false);
    byte[] written = DomainMemory.write(text, wanted).bytes();
    assertEquals(wanted, read(written));
    String result = new String(written, StandardCharsets.UTF_8);
    assertTrue(result.contains("<memory unit='MiB'>2048</memory>"), result);
    assertTrue(result.contains("<!-- mine -->"), result);
    VmMemory back = new VmMemory(2 * Units.GIB, 0, VmMemory.UNLIMITED, Shares.NORMAL, 1, false);
    byte[] again = DomainMemory.write(written, back).bytes();
    assertEquals(back, read(again));
    assertEquals(
        1, new String(again, StandardCharsets.UTF_8).split("<pando:memory", -1).length - 1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "<memory>lots</memory>",
        "<memory unit='parsec'>1</memory>",
        "<memory>0</memory>",
        "<memory>999999999999999999999</memory>",
        "<memory unit='MiB'>64</memory><vcpu>0</vcpu>",
        "<memory unit='MiB'>64</memory><memtune><min_guarantee unit='MiB'>65</min_guarantee>"
            + "</memtune>",
        "<metadata><pando:memory xmlns:pando='urn:x' reservation='-1'/></metadata>"
            + "<memory unit='MiB'>64</memory>",
      })
  void whatCanNotBeIsNoMemory(String inner) {
    assertThrows(FormatException.class, () -> read(domain(inner)));
  }

  @Test
  void aMachineOfCellsIsLeftAlone() {
    byte[] text =
        domain("<memory unit='MiB'>64</memory><cpu><numa><cell id='0' memory='64'/></numa></cpu>");
    VmMemory wanted = VmMemory.plain(128 * Units.MIB, 1);
    FormatException e = assertThrows(FormatException.class, () -> DomainMemory.write(text, wanted));
    assertTrue(e.getMessage().contains("NUMA"), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "512, 512",
    "512M, 512",
    "1G, 1024",
    "size=2g, 2048",
    "'size=1G,slots=2,maxmem=4G', 1024",
    "'maxmem=4G,size=768', 768",
    "1048576K, 1024",
    "67108864B, 64",
  })
  void aQemuIsGivenWhatItsOptionSays(String option, long mebibytes) {
    assertEquals(
        OptionalLong.of(mebibytes * Units.MIB),
        QemuCommand.memoryBytes(
            List.of("/usr/bin/qemu-system-x86_64", "-m", "7", "-m", option, "-nographic")));
  }

  @Test
  void ofOtherProgramsAndWithoutTheOptionNothingIsKnown() {
    assertEquals(OptionalLong.empty(), QemuCommand.memoryBytes(List.of()));
    assertEquals(OptionalLong.empty(), QemuCommand.memoryBytes(List.of("python", "-m", "5")));
    assertEquals(OptionalLong.empty(), QemuCommand.memoryBytes(List.of("qemu-system-arm", "-m")));
    assertEquals(
        OptionalLong.empty(), QemuCommand.memoryBytes(List.of("qemu-system-arm", "-m", "x")));
  }
}
