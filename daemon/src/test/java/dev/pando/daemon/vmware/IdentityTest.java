package dev.pando.daemon.vmware;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdentityTest {
  @ParameterizedTest
  @CsvSource({
    "56 4d 4b e9 1a bb 22 3a-b0 91 06 4e b4 c4 94 22, 00:0c:29:c4:94:22, -1262185438",
    "56 4d e6 46 a4 6e 49 5c-23 9e 02 2d e2 ab 2c 04, 00:0c:29:ab:2c:04, -492098556",
    "56 4d 36 d7 33 af 02 3c-11 22 33 44 68 eb 49 3b, 00:0c:29:eb:49:3b, 1760250171",
  })
  void macAddressAndVmciIdFollowFromTheUuid(String text, String mac, int vmci) {
    MachineUuid uuid = MachineUuid.parse(text).orElseThrow();
    assertEquals(mac, uuid.generatedMac(0));
    assertEquals(vmci, uuid.vmciId());
    assertEquals(text, uuid.spaced());
  }

  @Test
  void furtherAdaptersLieTheirOffsetApartAndWrapAround() {
    MachineUuid uuid = MachineUuid.parse("56 4d 00 00 00 00 00 00-00 00 00 00 00 ff ff fe").get();
    assertEquals("00:0c:29:ff:ff:fe", uuid.generatedMac(0));
    assertEquals("00:0c:29:00:00:08", uuid.generatedMac(10));
  }

  @Test
  void bothTextFormsAreReadAndWritten() {
    String dashed = "564def2d-3fd4-14e2-2e04-c5343aecee65";
    MachineUuid uuid = MachineUuid.parse("56 4D ef 2d 3f d4 14 e2-2e 04 c5 34 3a ec ee 65").get();
    assertEquals(dashed, uuid.dashed());
    assertEquals(Optional.of(uuid), MachineUuid.parse(dashed));
    assertEquals("56 4d ef 2d 3f d4 14 e2-2e 04 c5 34 3a ec ee 65", uuid.spaced());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "56", "56 4d ef 2d 3f d4 14 e2-2e 04 c5 34 3a ec ee 6x", "-", "\u0665"})
  void whatIsNoUuidIsNoUuid(String text) {
    assertEquals(Optional.empty(), MachineUuid.parse(text));
  }

  @Test
  void aNewIdentityIsNewAndLooksLikeVmwares() {
    SecureRandom random = new SecureRandom();
    Identity one = Identity.random(random, suffix -> false);
    Identity other = Identity.random(random, suffix -> false);
    assertTrue(one.uuid().spaced().startsWith("56 4d "));
    assertTrue(one.memberId().spaced().startsWith("52 "));
    assertNotEquals(one.uuid(), other.uuid());
    assertNotEquals(one.memberId(), other.memberId());
    assertNotEquals(one.generationId(), other.generationId());
  }

  @Test
  void noAdapterOfANewIdentityHasATakenAddress() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    // All suffixes of an odd last digit are taken, and so is half of the rest by chance.
    Set<Integer> asked = new HashSet<>();
    for (int i = 0; i < 200; i++) {
      Identity identity =
          Identity.random(
              random,
              suffix -> {
                asked.add(suffix);
                return (suffix & 1) == 1;
              });
      assertEquals(0, identity.uuid().macSuffix() & 1, "seed " + seed);
      assertTrue(asked.contains((identity.uuid().macSuffix() + 90) & 0xFFFFFF), "seed " + seed);
    }
  }

  @Test
  void whenEveryAddressIsTakenItSaysSo() {
    assertThrows(IllegalStateException.class, () -> Identity.random(new Random(1), suffix -> true));
  }

  @Test
  void diskUuidsAreVmwaresAndBelongToMachineAndDisk() {
    Identity identity = Fixtures.IDENTITY;
    String uuid = identity.diskUuid("a.vmdk");
    assertTrue(
        uuid.matches("60 00 C2 9[0-9a-f]( [0-9a-f]{2}){4}-[0-9a-f]{2}( [0-9a-f]{2}){7}"), uuid);
    assertEquals(uuid, identity.diskUuid("a.vmdk"));
    assertNotEquals(uuid, identity.diskUuid("b.vmdk"));
    Identity other = Identity.random(new Random(7), suffix -> false);
    assertNotEquals(uuid, other.diskUuid("a.vmdk"));
    assertFalse(uuid.contains(":"));
  }

  @Test
  void theGenerationIdIsTwoSignedDecimals() {
    assertEquals("8987940a09512cc5", Long.toHexString(-8536691797830587195L));
    assertEquals("e81510634ff550b9", Long.toHexString(-1723453263670062919L));
  }

  @Test
  void libvirtsGenerationIdLaysTheSameBytesBeforeTheGuestAsVmwares() {
    long id = -8536691797830587195L;
    long idX = -1723453263670062919L;
    String guid = Identity.generationGuid(id, idX);
    assertEquals("09512cc5-940a-8987-b950-f54f631015e8", guid);
    // QEMU swaps the first three groups; a guest reads both halves as little-endian numbers.
    byte[] text = HexFormat.of().parseHex(guid.replace("-", ""));
    ByteBuffer memory = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer groups = ByteBuffer.wrap(text);
    memory.putInt(groups.getInt()).putShort(groups.getShort()).putShort(groups.getShort());
    memory.put(groups).flip();
    assertEquals(id, memory.getLong());
    assertEquals(idX, memory.getLong());
    assertEquals(Identity.generationGuid(11, -22), Fixtures.IDENTITY.generationGuid());
    assertEquals("00000001-0000-0000-0200-000000000000", Identity.generationGuid(1, 2));
  }
}
