package dev.pando.daemon.vmware;

import static dev.pando.daemon.vmware.Fixtures.bytes;
import static dev.pando.daemon.vmware.Fixtures.text;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VmdkDescriptorTest {
  @Test
  void everythingADescriptorSaysIsRead() throws FormatException {
    VmdkDescriptor disk = VmdkDescriptor.parse(bytes(Fixtures.DESCRIPTOR));
    assertEquals("vmfs", disk.createType());
    assertEquals(Optional.of("b97c5ab1"), disk.contentId());
    assertEquals(Optional.empty(), disk.parentContentId());
    assertEquals((4194304L + 128) * 512, disk.capacityBytes());
    assertEquals(
        List.of(
            new VmdkExtent("RW", 4194304, "VMFS", Optional.of("golden-flat.vmdk"), 0),
            new VmdkExtent("RW", 128, "ZERO", Optional.empty(), 0)),
        disk.extents());
    assertFalse(disk.isPhysical());
    assertEquals(List.of(), disk.filesOutside());
  }

  @Test
  void aRenamedDescriptorDiffersInItsNamesOnly() throws FormatException {
    VmdkDescriptor disk = VmdkDescriptor.parse(bytes(Fixtures.DESCRIPTOR));
    disk.rename(Renaming.of("golden", "s01"));
    disk.setDiskUuid("60 00 C2 90 00 00 00 00-00 00 00 00 00 00 00 01");
    disk.dropChangeTracking();
    String expected =
        Fixtures.DESCRIPTOR
            .replace("golden-flat.vmdk", "s01-flat.vmdk")
            .replace("changeTrackPath=\"golden-ctk.vmdk\"\n", "")
            .replace(
                "9d 56 0f 1e 8d-6c 3b 8c 0e 3b 6c 7c 0e", "90 00 00 00 00-00 00 00 00 00 00 00 01");
    assertEquals(expected, text(disk.bytes()));
  }

  @Test
  void aSplitDiskWithOffsetsAndAParentIsRenamedThroughout() throws FormatException {
    String child =
        """
        # Disk DescriptorFile
        version=1
        CID=5379bf0f
        parentCID=b97c5ab1
        createType="twoGbMaxExtentSparse"
        parentFileNameHint="golden.vmdk"
        RW 4192256 SPARSE "golden-000001-s001.vmdk"
        RDONLY 10 FLAT "other-f001.vmdk" 2048
        ddb.uuid = "60 00 C2 9d"
        """;
    VmdkDescriptor disk = VmdkDescriptor.parse(bytes(child));
    assertEquals(Optional.of("b97c5ab1"), disk.parentContentId());
    assertEquals(2048, disk.extents().get(1).offsetSectors());
    disk.rename(Renaming.of("golden", "s01"));
    assertEquals(child.replace("golden", "s01"), text(disk.bytes()));
  }

  @Test
  void aNameBeyondTheEncodingTurnsTheDescriptorIntoUtf8() throws FormatException {
    String file =
        """
        version=1
        encoding="windows-1252"
        RW 8 FLAT "gr\u00fcn-flat.vmdk" 0
        ddb.comment = "\u00e9"
        """;
    VmdkDescriptor disk = VmdkDescriptor.parse(file.getBytes(Charset.forName("windows-1252")));
    disk.rename(Renaming.of("gr\u00fcn", "\u03c0"));
    assertEquals(
        file.replace("gr\u00fcn", "\u03c0").replace("windows-1252", "UTF-8"), text(disk.bytes()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/etc/shadow",
        "../other/other-flat.vmdk",
        "a/../../b.vmdk",
        "C:\\\\VMs\\\\x.vmdk",
        "\\\\\\\\server\\\\x.vmdk",
        "..\\\\x.vmdk",
        "[datastore1] x/x.vmdk"
      })
  void aFileOutsideTheDirectoryIsReported(String path) throws FormatException {
    VmdkDescriptor disk = VmdkDescriptor.parse(bytes("version=1\nRW 8 FLAT \"" + path + "\" 0\n"));
    assertEquals(List.of(path), disk.filesOutside());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a..b.vmdk", "sub/x.vmdk", "./x.vmdk", "...", "[x.vmdk"})
  void aFileInsideTheDirectoryIsNot(String path) throws FormatException {
    VmdkDescriptor disk = VmdkDescriptor.parse(bytes("version=1\nRW 8 FLAT \"" + path + "\" 0\n"));
    assertEquals(List.of(), disk.filesOutside());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "version=1\n",
        "# Disk DescriptorFile\nversion=1\nCID=1\n",
        "RW 8 FLAT \"a\" 0\n",
        "version=1\nRW 8 FLAT \"a\n",
        "version=1\nRW x FLAT \"a\" 0\n",
        "version=1\nRW 8\n",
        "version=1\nRW 99999999999999999999 FLAT \"a\" 0\n",
        "version=1\nRW 9223372036854775807 FLAT \"a\" 0\n"
      })
  void aDescriptorThatIsCutOffOrImpossibleIsRefused(String file) {
    assertThrows(FormatException.class, () -> VmdkDescriptor.parse(bytes(file)));
  }

  @Test
  void anEmbeddedDescriptorIsRewrittenInItsOwnLength() throws FormatException {
    byte[] region = Arrays.copyOf(bytes(Fixtures.DESCRIPTOR), 20 * 512);
    assertArrayEquals(region, VmdkDescriptor.parseEmbedded(region).bytes());
    VmdkDescriptor disk = VmdkDescriptor.parseEmbedded(region);
    disk.rename(Renaming.of("golden", "a-much-longer-name"));
    byte[] rewritten = disk.bytes();
    assertEquals(region.length, rewritten.length);
    assertEquals(
        Fixtures.DESCRIPTOR.replace("golden-flat", "a-much-longer-name-flat"),
        text(rewritten).replace("\0", ""));
    disk.rename(Renaming.of("a-much-longer-name", "b"));
    assertEquals(0, disk.bytes()[region.length - 1]);
    assertEquals(region.length, disk.bytes().length);
  }

  @Test
  void anEmbeddedDescriptorThatOutgrowsItsRoomIsRefused() throws FormatException {
    byte[] exact = bytes(Fixtures.DESCRIPTOR);
    VmdkDescriptor disk = VmdkDescriptor.parseEmbedded(exact);
    assertArrayEquals(exact, disk.bytes());
    disk.rename(Renaming.of("golden", "longer-than-golden"));
    assertThrows(FormatException.class, disk::bytes);
  }

  @Test
  void theFirstBytesTellWhatAVmdkIs() {
    assertEquals(VmdkContent.DESCRIPTOR, VmdkContent.of(bytes(Fixtures.DESCRIPTOR)));
    assertEquals(VmdkContent.DESCRIPTOR, VmdkContent.of(bytes("\n# x\nversion=1\n")));
    assertEquals(VmdkContent.HOSTED_SPARSE, VmdkContent.of(Fixtures.sparseHeader()));
    assertEquals(VmdkContent.VMFS_SPARSE, VmdkContent.of(bytes("COWD\1\0\0\0")));
    byte[] seSparse =
        ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN).putLong(0xCAFEBABEL).array();
    assertEquals(VmdkContent.SE_SPARSE, VmdkContent.of(seSparse));
    assertEquals(VmdkContent.RAW, VmdkContent.of(new byte[512]));
    assertEquals(VmdkContent.RAW, VmdkContent.of(new byte[0]));
  }

  @Test
  void aSparseHeaderSaysWhereItsDescriptorLies() throws FormatException {
    SparseHeader header = SparseHeader.parse(Fixtures.sparseHeader());
    assertEquals(new SparseHeader(1, 1L << 30, 512, 10240, 65536, false), header);
    assertTrue(header.hasDescriptor());
  }

  @Test
  void anImpossibleSparseHeaderIsRefused() {
    byte[] hugeDescriptor = Fixtures.sparseHeader();
    ByteBuffer.wrap(hugeDescriptor).order(ByteOrder.LITTLE_ENDIAN).putLong(36, 1L << 40);
    assertThrows(FormatException.class, () -> SparseHeader.parse(hugeDescriptor));
    byte[] negative = Fixtures.sparseHeader();
    ByteBuffer.wrap(negative).order(ByteOrder.LITTLE_ENDIAN).putLong(28, -1);
    assertThrows(FormatException.class, () -> SparseHeader.parse(negative));
    assertThrows(FormatException.class, () -> SparseHeader.parse(new byte[512]));
    assertThrows(FormatException.class, () -> SparseHeader.parse(bytes("KDMV")));
  }

  /** QEMU leaves such a file when a guest has written to its disk. */
  @Test
  void zerosBehindTheTextAreKept() throws Exception {
    byte[] text =
        """
        # Disk DescriptorFile
        version=1
        CID=0a1b2c3d
        parentCID=ffffffff
        createType="monolithicFlat"
        RW 2048 FLAT "guest-flat.vmdk" 0
        ddb.uuid = "60 00 C2 9b 11 22 33 44-55 66 77 88 99 aa bb cc"
        """
            .getBytes(StandardCharsets.UTF_8);
    byte[] padded = Arrays.copyOf(text, 10_240);
    assertArrayEquals(padded, VmdkDescriptor.parse(padded).bytes());
    VmdkDescriptor changed = VmdkDescriptor.parse(padded);
    changed.rename(Renaming.of("guest", "clone-with-a-longer-name"));
    assertEquals(10_240, changed.bytes().length);
    assertEquals(
        List.of("clone-with-a-longer-name-flat.vmdk"),
        VmdkDescriptor.parse(changed.bytes()).files());
    padded[5_000] = 'x';
    assertThrows(FormatException.class, () -> VmdkDescriptor.parse(padded));
  }
}
