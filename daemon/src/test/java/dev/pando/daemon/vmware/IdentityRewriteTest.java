package dev.pando.daemon.vmware;

import static dev.pando.daemon.vmware.Fixtures.bytes;
import static dev.pando.daemon.vmware.Fixtures.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdentityRewriteTest {
  private static final IdentityRewrite ANEW = new IdentityRewrite(Fixtures.IDENTITY);

  @Test
  void aMachineKeepsEverythingButItsIdentity() throws FormatException {
    String expected =
        Fixtures.VMX
                .replaceAll(
                    "(?m)^(uuid\\.location|vc\\.uuid|scsi0\\.sasWWID|ethernet1\\.address) .*\n", "")
                .replaceAll(
                    "(?m)^uuid\\.bios .*",
                    "uuid.bios = \"56 4d 36 d7 33 af 02 3c-11 22 33 44 68 eb 49 3b\"")
                .replace("-1262185438", "1760250171")
                .replace("-8536691797830587195", "11")
                .replace("-1723453263670062919", "-22")
                .replace("00:0c:29:c4:94:22", "00:0c:29:eb:49:3b")
                .replace(
                    "ethernet1.addressType = \"static\"", "ethernet1.addressType = \"generated\"")
                .replace("ethernet2.addressType = \"vpx\"", "ethernet2.addressType = \"generated\"")
                .replace("00:50:56:80:11:22", "00:0c:29:eb:49:4f")
            + """
            uuid.action = "keep"
            ethernet1.generatedAddress = "00:0c:29:eb:49:45"
            ethernet1.generatedAddressOffset = "10"
            ethernet2.generatedAddressOffset = "20"
            """;
    assertEquals(expected, text(ANEW.configuration(bytes(Fixtures.VMX)).bytes()));
  }

  @Test
  void carriageReturnsAndTheByteOrderMarkStay() throws FormatException {
    String file =
        """
        \uFEFFdisplayName = "a"
        uuid.location = "x"
        uuid.bios = "y" # z
        """;
    String expected =
        """
        \uFEFFdisplayName = "a"
        uuid.bios = "56 4d 36 d7 33 af 02 3c-11 22 33 44 68 eb 49 3b" # z
        uuid.action = "keep"
        """;
    byte[] anew = ANEW.configuration(bytes(file.replace("\n", "\r\n"))).bytes();
    assertEquals(expected.replace("\n", "\r\n"), text(anew));
  }

  @Test
  void anAdapterWithoutAnAddressIsLeftToTheHypervisor() throws FormatException {
    String file = "ethernet0.present = \"TRUE\"\nethernet0.addressType = \"generated\"\n";
    assertTrue(text(ANEW.configuration(bytes(file)).bytes()).startsWith(file + "uuid.bios"));
  }

  @Test
  void doneTwiceItChangesNothingMore() throws FormatException {
    byte[] once = ANEW.configuration(bytes(Fixtures.VMX)).bytes();
    Rewritten twice = ANEW.configuration(once);
    assertEquals(List.of(), twice.changes());
    assertEquals(text(once), text(twice.bytes()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "encryption.data = \"x\"\n",
        "vtpm.present = \"TRUE\"\n",
        "ethernet10.address = \"00:50:56:00:00:01\"\n",
        "ethernet999999.generatedAddress = \"x\"\n",
        ""
      })
  void whatCanNotBeGivenAnIdentityIsRefused(String file) {
    assertThrows(FormatException.class, () -> ANEW.configuration(bytes(file)));
  }

  @Test
  void aDiskGetsAnotherUuidAndNothingElse() throws FormatException {
    String uuid = Fixtures.IDENTITY.diskUuid("golden.vmdk");
    String expected =
        Fixtures.DESCRIPTOR.replace("60 00 C2 9d 56 0f 1e 8d-6c 3b 8c 0e 3b 6c 7c 0e", uuid);
    Rewritten disk = ANEW.descriptor("golden.vmdk", bytes(Fixtures.DESCRIPTOR));
    assertEquals(expected, text(disk.bytes()));
    assertEquals(List.of("ddb.uuid"), disk.changes().stream().map(KeyChange::key).toList());
    byte[] region = Arrays.copyOf(bytes(Fixtures.DESCRIPTOR), 10240);
    byte[] embedded = ANEW.embeddedDescriptor("golden.vmdk", region).bytes();
    assertEquals(text(Arrays.copyOf(bytes(expected), 10240)), text(embedded));
  }

  @Test
  void aDiskWithoutUuidStaysAsItIs() throws FormatException {
    String file = "version=1\nCID=1\nRW 8 FLAT \"a-flat.vmdk\" 0\n";
    Rewritten disk = ANEW.descriptor("a.vmdk", bytes(file));
    assertEquals(file, text(disk.bytes()));
    assertEquals(List.of(), disk.changes());
  }

  @Test
  void aSupplementKeepsItsPathAndGetsAnotherId() throws FormatException {
    Rewritten supplement = ANEW.supplement(bytes(Fixtures.VMXF));
    assertEquals(
        Fixtures.VMXF.replace(
            "52 1b 98 9c 5c 0f 9d 5b-5a 3e 90 7d 0b 7f 5e 11",
            "52 00 11 22 33 44 55 66-77 88 99 aa bb cc dd ee"),
        text(supplement.bytes()));
    assertEquals(List.of("VMId"), supplement.changes().stream().map(KeyChange::key).toList());
    assertThrows(FormatException.class, () -> ANEW.supplement(bytes("<Foundry>")));
  }
}
