package dev.pando.daemon.vmware;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Files damaged at random: each is either read, and kept byte for byte, or refused in words. */
class MutationTest {
  private static final int ROUNDS = 1500;
  private static final byte[] TELLING = Fixtures.bytes("\"|#=\r\n\t \0\\/<>&;.:0aF\u00fc");

  private static final CloneRewrite CLONE =
      new CloneRewrite("\u03c0/s\"01", Fixtures.IDENTITY, Renaming.of("golden", "s01"));

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  /** What is tried on a damaged file. */
  private interface Attempt {
    void on(byte[] file) throws FormatException;
  }

  private void damage(String original, Attempt attempt) {
    damage(Fixtures.bytes(original), attempt);
  }

  private void damage(byte[] original, Attempt attempt) {
    int accepted = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] file = mutate(original);
      try {
        attempt.on(file);
        accepted++;
      } catch (FormatException refused) {
        assertEquals(1, refused.getMessage().lines().count(), refused.getMessage());
      } catch (RuntimeException | Error e) {
        fail("seed " + seed + ", round " + round + ":\n" + Fixtures.text(file), e);
      }
    }
    assertTrue(accepted > ROUNDS / 50, "seed " + seed + ": next to nothing was accepted");
  }

  private byte[] mutate(byte[] original) {
    byte[] file = original;
    for (int i = random.nextInt(4); i >= 0; i--) {
      file = mutateOnce(file);
    }
    return file;
  }

  private byte[] mutateOnce(byte[] file) {
    int at = random.nextInt(file.length + 1);
    int to = Math.min(file.length, at + random.nextInt(40));
    return switch (random.nextInt(5)) {
      case 0 -> Arrays.copyOf(file, at);
      case 1 -> splice(file, at, to, new byte[0]);
      case 2 -> splice(file, at, at, Arrays.copyOfRange(file, at, to));
      case 3 -> splice(file, at, at, some(TELLING));
      default -> splice(file, at, Math.min(at + 1, file.length), some(randomBytes()));
    };
  }

  private byte[] some(byte[] from) {
    return new byte[] {from[random.nextInt(from.length)]};
  }

  private byte[] randomBytes() {
    byte[] bytes = new byte[8];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] splice(byte[] file, int from, int to, byte[] with) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(file, 0, from);
    out.writeBytes(with);
    out.write(file, to, file.length - to);
    return out.toByteArray();
  }

  private static void keepsEveryByte(byte[] file) throws FormatException {
    VmxDictionary dictionary = VmxDictionary.parse(file);
    assertArrayEquals(file, dictionary.bytes());
    for (String name : dictionary.names()) {
      Optional<String> value = dictionary.get(name);
      if (!value.orElseThrow().contains("\uFFFD")) {
        dictionary.set(name, value.orElseThrow());
      }
    }
    if (dictionary.duplicates().isEmpty()) {
      assertArrayEquals(file, dictionary.bytes());
    }
  }

  @Test
  void aDamagedDictionaryIsKeptByteForByteOrRefused() {
    damage(Fixtures.VMX, MutationTest::keepsEveryByte);
    damage(Fixtures.VMSD, MutationTest::keepsEveryByte);
    damage(
        Fixtures.VMX.replace("UTF-8", "GBK").replace("\n", "\r\n"), MutationTest::keepsEveryByte);
  }

  @Test
  void whatIsSetInADamagedDictionaryIsReadBack() {
    List<String> values = List.of("", "a b", "\"|\n\t#=", "\u03c0\u00e9\ud83c\udf33", "|zz");
    List<String> encodings = List.of("UTF-8", "windows-1252", "GBK", "Shift_JIS");
    damage(
        Fixtures.VMX.replace("UTF-8", encodings.get(random.nextInt(encodings.size()))),
        file -> {
          VmxDictionary dictionary = VmxDictionary.parse(file);
          String value = values.get(random.nextInt(values.size()));
          List<String> names = dictionary.names();
          String name =
              names.isEmpty() || random.nextBoolean()
                  ? "new.key"
                  : names.get(random.nextInt(names.size()));
          if (!name.equalsIgnoreCase(".encoding")) {
            dictionary.set(name, value);
            VmxDictionary written = VmxDictionary.parse(dictionary.bytes());
            assertEquals(Optional.of(value), written.get(name), name);
          }
        });
  }

  @Test
  void aDamagedConfigurationBecomesACloneOfItsOwnOrIsRefused() {
    damage(
        Fixtures.VMX,
        file -> {
          Vmx.parse(file).files();
          VmxDictionary clone = VmxDictionary.parse(CLONE.configuration(file).bytes());
          assertEquals(Optional.of("\u03c0/s\"01"), clone.get("displayName"));
          assertEquals(Optional.of(Fixtures.IDENTITY.uuid().spaced()), clone.get("uuid.bios"));
          assertEquals(Optional.empty(), clone.get("uuid.location"));
        });
  }

  @Test
  void aDamagedDescriptorIsRewrittenOrRefused() {
    damage(
        Fixtures.DESCRIPTOR,
        file -> {
          assertArrayEquals(file, VmdkDescriptor.parse(file).bytes());
          VmdkDescriptor.parse(CLONE.descriptor("golden.vmdk", file).bytes()).capacityBytes();
          byte[] region = Arrays.copyOf(file, 10240);
          assertArrayEquals(region, VmdkDescriptor.parseEmbedded(region).bytes());
          assertEquals(10240, CLONE.embeddedDescriptor("golden.vmdk", region).bytes().length);
        });
  }

  @Test
  void aDamagedSupplementIsRewrittenOrRefused() {
    damage(
        Fixtures.VMXF,
        file -> {
          Vmxf supplement = Vmxf.parse(file);
          assertArrayEquals(file, supplement.bytes());
          supplement.vmxPath();
          supplement.memberId();
          CLONE.supplement(file, "golden.vmx");
        });
  }

  @Test
  void aDamagedMachineGetsAnIdentityOrIsRefused() {
    IdentityRewrite anew = new IdentityRewrite(Fixtures.IDENTITY);
    damage(
        Fixtures.VMX,
        file -> {
          Vmx.parse(file).macAddresses();
          byte[] written = anew.configuration(file).bytes();
          VmxDictionary machine = VmxDictionary.parse(written);
          assertEquals(Optional.of(Fixtures.IDENTITY.uuid().spaced()), machine.get("uuid.bios"));
          assertEquals(Optional.of("keep"), machine.get("uuid.action"));
          assertEquals(Optional.empty(), machine.get("uuid.location"));
          assertEquals(VmxDictionary.parse(file).get("nvram"), machine.get("nvram"));
          assertArrayEquals(written, anew.configuration(written).bytes());
        });
    damage(
        Fixtures.DESCRIPTOR,
        file -> {
          VmdkDescriptor before = VmdkDescriptor.parse(file);
          VmdkDescriptor disk = VmdkDescriptor.parse(anew.descriptor("d.vmdk", file).bytes());
          assertEquals(before.extents(), disk.extents());
          assertEquals(before.contentId(), disk.contentId());
        });
    damage(
        Fixtures.VMXF,
        file -> {
          Optional<String> path = Vmxf.parse(file).vmxPath();
          assertEquals(path, Vmxf.parse(anew.supplement(file).bytes()).vmxPath());
        });
  }

  @Test
  void aDamagedListOfSnapshotsIsReadOrRefused() {
    damage(
        Fixtures.VMSD,
        file -> {
          Vmsd list = Vmsd.parse(file);
          assertEquals(list.snapshots().isEmpty(), list.notCloned().isEmpty());
          list.notCloned()
              .ifPresent(sentence -> assertEquals(1, sentence.lines().count(), sentence));
        });
  }

  @Test
  void aDamagedImageKeepsItsHeaderAndItsRoom() {
    byte[] image = Arrays.copyOf(Fixtures.sparseHeader(), 512 + 20 * 512);
    byte[] text = Fixtures.bytes(Fixtures.DESCRIPTOR);
    System.arraycopy(text, 0, image, 512, text.length);
    damage(
        image,
        file -> {
          SparseHeader header = SparseHeader.parse(file);
          long end = header.descriptorOffsetBytes() + header.descriptorLengthBytes();
          if (header.hasDescriptor() && end <= file.length) {
            byte[] room = Arrays.copyOfRange(file, (int) header.descriptorOffsetBytes(), (int) end);
            assertArrayEquals(room, VmdkDescriptor.parseEmbedded(room).bytes());
            byte[] clone = CLONE.embeddedDescriptor("golden.vmdk", room).bytes();
            assertEquals(room.length, clone.length);
            assertEquals(
                VmdkDescriptor.parseEmbedded(room).capacityBytes(),
                VmdkDescriptor.parseEmbedded(clone).capacityBytes());
          }
        });
  }

  @Test
  void aDamagedSparseHeaderIsReadOrRefused() {
    for (int round = 0; round < ROUNDS; round++) {
      byte[] file = mutate(Fixtures.sparseHeader());
      VmdkContent.of(file);
      try {
        SparseHeader header = SparseHeader.parse(file);
        assertEquals(header.hasDescriptor(), header.descriptorOffsetBytes() > 0, "seed " + seed);
      } catch (FormatException refused) {
        assertEquals(1, refused.getMessage().lines().count());
      }
    }
  }
}
