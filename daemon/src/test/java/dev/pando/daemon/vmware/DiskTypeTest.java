package dev.pando.daemon.vmware;

import static dev.pando.daemon.vmware.Fixtures.bytes;
import static dev.pando.daemon.vmware.Fixtures.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Disks of every {@code createType} there is, and extent lines of every form. */
class DiskTypeTest {
  private static final CloneRewrite CLONE =
      new CloneRewrite("s01", Fixtures.IDENTITY, Renaming.of("golden", "s01"));

  private static final String UUID = "60 00 C2 9d 56 0f 1e 8d-6c 3b 8c 0e 3b 6c 7c 0e";

  private static String descriptor(int version, String type, String extents) {
    return """
    # Disk DescriptorFile
    version=%d
    encoding="UTF-8"
    CID=b97c5ab1
    parentCID=ffffffff
    isNativeSnapshot="no"
    createType="%s"

    # Extent description
    %s

    # Change Tracking File
    changeTrackPath="golden-ctk.vmdk"

    # The Disk Data Base
    #DDB

    ddb.adapterType = "lsilogic"
    ddb.longContentID = "2b6b5cf0a3f0c7d1a0f1a1adb97c5ab1"
    ddb.toolsInstallType = "4"
    ddb.uuid = "%s"
    """
        .formatted(version, type, extents.replace("; ", "\n"), UUID);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "monolithicSparse             ~ RW 2097152 SPARSE \"golden.vmdk\"",
        "monolithicFlat               ~ RW 2097152 FLAT \"golden-flat.vmdk\" 0",
        "twoGbMaxExtentSparse         ~ RW 4192256 SPARSE \"golden-s001.vmdk\"; RW 8192 SPARSE"
            + " \"golden-s002.vmdk\"",
        "2GbMaxExtentSparse           ~ RW 4192256 SPARSE \"golden-s001.vmdk\"",
        "twoGbMaxExtentFlat           ~ RW 4192256 FLAT \"golden-f001.vmdk\" 0; RW 8 FLAT"
            + " \"golden-f002.vmdk\" 0",
        "streamOptimized              ~ RDONLY 2097152 SPARSE \"golden.vmdk\"",
        "custom                       ~ RW 63 FLAT \"golden-pt.vmdk\" 0; RW 8 ZERO; RW 100 FLAT"
            + " \"golden-flat.vmdk\" 2048",
        "vmfs                         ~ RW 2097152 VMFS \"golden-flat.vmdk\"",
        "vmfsThin                     ~ RW 2097152 VMFS \"golden-flat.vmdk\"",
        "vmfsPreallocated             ~ RW 2097152 VMFS \"golden-flat.vmdk\"",
        "vmfsEagerZeroedThick         ~ RW 2097152 VMFS \"golden-flat.vmdk\"",
        "vmfsSparse                   ~ RW 2097152 VMFSSPARSE \"golden-000001-delta.vmdk\"",
        "seSparse                     ~ RW 2097152 SESPARSE \"golden-000001-sesparse.vmdk\"",
        "monolithicFlat               ~ NOACCESS 63 ZERO; rw  8\tflat  \"golden-flat.vmdk\"  0  ",
      })
  void aCloneOfAnyDiskDiffersInItsNamesUuidAndChangeTracking(String type, String extents)
      throws FormatException {
    for (int version = 1; version <= 3; version++) {
      String file = descriptor(version, type, extents);
      String expected =
          file.replace("changeTrackPath=\"golden-ctk.vmdk\"\n", "")
              .replace("golden", "s01")
              .replace(UUID, Fixtures.IDENTITY.diskUuid("s01.vmdk"));
      assertEquals(expected, text(CLONE.descriptor("golden.vmdk", bytes(file)).bytes()));
      String windows = file.replace("\n", "\r\n");
      assertEquals(
          expected.replace("\n", "\r\n"),
          text(CLONE.descriptor("golden.vmdk", bytes(windows)).bytes()));
      byte[] region = Arrays.copyOf(bytes(file), 20 * 512);
      assertEquals(
          text(Arrays.copyOf(bytes(expected), 20 * 512)),
          text(CLONE.embeddedDescriptor("golden.vmdk", region).bytes()));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "fullDevice                   ~ RW 8 FLAT \"golden-flat.vmdk\" 0",
        "partitionedDevice            ~ RW 8 FLAT \"golden-pt.vmdk\" 0",
        "PartitionedDevice            ~ RW 8 FLAT \"golden-pt.vmdk\" 0 partitionUUID 1234",
        "vmfsRaw                      ~ RW 8 VMFSRAW \"golden-raw.vmdk\"",
        "vmfsRDM                      ~ RW 8 VMFSRDM \"golden-rdm.vmdk\"",
        "vmfsRawDeviceMap             ~ RW 8 VMFSRDM \"golden-rdm.vmdk\"",
        "vmfsRDMP                     ~ RW 8 VMFSRDM \"golden-rdmp.vmdk\"",
        "vmfsPassthroughRawDeviceMap  ~ RW 8 VMFSRDM \"golden-rdmp.vmdk\"",
        "vmfs                         ~ RW 8 VMFSRDM \"golden-x.vmdk\"",
        "custom                       ~ RW 8 VMFS \"golden-flat.vmdk\"; RW 8 vmfsraw"
            + " \"golden-x.vmdk\"",
      })
  void aPhysicalDiskIsRefused(String type, String extents) throws FormatException {
    String file = descriptor(1, type, extents);
    assertTrue(VmdkDescriptor.parse(bytes(file)).isPhysical());
    FormatException refused =
        assertThrows(FormatException.class, () -> CLONE.descriptor("golden.vmdk", bytes(file)));
    assertTrue(refused.getMessage().contains("physical disk"), refused.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "RW 8 FLAT \"a\" 0~RW~8~FLAT~a~0",
        "RW 8 FLAT \"a b\" 2048~RW~8~FLAT~a b~2048",
        "RDONLY 4192256 SPARSE \"a-s001.vmdk\"~RDONLY~4192256~SPARSE~a-s001.vmdk~0",
        "NOACCESS 63 ZERO~NOACCESS~63~ZERO~~0",
        "RW 8 VMFS \"a\"~RW~8~VMFS~a~0",
        "RW 8 VMFSSPARSE \"a\"~RW~8~VMFSSPARSE~a~0",
        "RW 8 SESPARSE \"a\"~RW~8~SESPARSE~a~0",
        "RW 8 FLAT \"/dev/sda\" 63 partitionUUID 01 deviceId 2~RW~8~FLAT~/dev/sda~63",
      })
  void anExtentLineIsRead(
      String line, String access, long sectors, String type, String path, long offset)
      throws FormatException {
    assertEquals(
        new VmdkExtent(access, sectors, type, Optional.ofNullable(path), offset),
        VmdkDescriptor.parse(bytes("version=1\n" + line + "\n")).extents().get(0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "RW 8 FLAT \"a\"",
        "RW 8 FLAT",
        "RW 8 SPARSE",
        "RW 8 VMFS",
        "RW -8 FLAT \"a\" 0",
        "RW 8 FLAT \"a\" -1",
        "RW 8 FLAT a 0",
        "RW 8 FLAT \"a\" 9223372036854775807",
      })
  void anExtentLineThatIsCutOffOrImpossibleIsRefused(String line) {
    assertThrows(
        FormatException.class,
        () -> VmdkDescriptor.parse(bytes("version=1\nRW 8 ZERO\n" + line + "\n")));
  }

  @Test
  void aFileNameMayHave511BytesAndNoMore() throws FormatException {
    String line = "version=1\nRW 8 SPARSE \"%s\"\n";
    String longest = "\u00e9".repeat(255) + "x";
    VmdkDescriptor disk = VmdkDescriptor.parse(bytes(line.formatted(longest)));
    assertEquals(longest, disk.files().get(0));
    assertThrows(
        FormatException.class, () -> VmdkDescriptor.parse(bytes(line.formatted(longest + "x"))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "4", "", "1.0", "99999999999"})
  void aDescriptorOfAnotherVersionIsRefused(String version) {
    assertThrows(
        FormatException.class,
        () -> VmdkDescriptor.parse(bytes("version=" + version + "\nRW 8 ZERO\n")));
  }

  @Test
  void aSnapshotsChildKeepsBothContentIds() throws FormatException {
    String child =
        descriptor(1, "vmfsSparse", "RW 8 VMFSSPARSE \"golden-000001-delta.vmdk\"")
            .replace(
                "parentCID=ffffffff", "parentCID=5379bf0f\nparentFileNameHint=\"golden.vmdk\"");
    byte[] clone = CLONE.descriptor("golden-000001.vmdk", bytes(child)).bytes();
    VmdkDescriptor disk = VmdkDescriptor.parse(clone);
    assertEquals(Optional.of("b97c5ab1"), disk.contentId());
    assertEquals(Optional.of("5379bf0f"), disk.parentContentId());
    assertEquals(Optional.of("s01.vmdk"), disk.parentPath());
    assertTrue(text(clone).contains("longContentID = \"2b6b5cf0a3f0c7d1a0f1a1adb97c5ab1\""));
  }

  @Test
  void theContentIdStaysWhereQemuLooksForItHoweverManyExtentsThereAre() throws FormatException {
    StringBuilder extents = new StringBuilder();
    for (int i = 1; i <= 999; i++) {
      extents.append("RW 4192256 SPARSE \"golden-s%03d.vmdk\"; ".formatted(i));
    }
    CloneRewrite longer =
        new CloneRewrite("x", Fixtures.IDENTITY, Renaming.of("golden", "g".repeat(200)));
    String file = descriptor(1, "twoGbMaxExtentSparse", extents + "RW 8 ZERO");
    String clone = text(longer.descriptor("golden.vmdk", bytes(file)).bytes());
    int at = clone.indexOf("\nparentCID=ffffffff\n");
    assertTrue(at > 0 && at < 20 * 512 && clone.length() > 20 * 512);
    assertFalse(clone.contains("golden"));
  }

  @Test
  void anEmbeddedDescriptorThatOutgrowsItsRoomIsRefusedWithBothSizes() {
    String file = descriptor(1, "monolithicSparse", "RW 8 SPARSE \"golden.vmdk\"");
    CloneRewrite longer =
        new CloneRewrite("x", Fixtures.IDENTITY, Renaming.of("golden", "g".repeat(600)));
    assertThrows(
        FormatException.class,
        () -> longer.embeddedDescriptor("golden.vmdk", Arrays.copyOf(bytes(file), 1024)));
    CloneRewrite large =
        new CloneRewrite("x", Fixtures.IDENTITY, Renaming.of("golden", "g".repeat(400)));
    FormatException refused =
        assertThrows(
            FormatException.class,
            () -> large.embeddedDescriptor("golden.vmdk", Arrays.copyOf(bytes(file), 640)));
    assertTrue(refused.getMessage().contains("640 bytes"), refused.getMessage());
  }
}
