package dev.pando.daemon.vmware;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The addresses by which two machines are found to be twins. */
class MacAddressTest {
  private static List<String> addresses(String lines) throws FormatException {
    return Vmx.parse(Fixtures.bytes("a = \"b\"\n" + lines)).macAddresses();
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        // addressType, address, generatedAddress -> counted
        "generated, -, 00:0c:29:00:00:01, 00:0c:29:00:00:01",
        "generated, 00:50:56:00:00:02, 00:0c:29:00:00:01, 00:0c:29:00:00:01",
        "static, 00:50:56:00:00:02, -, 00:50:56:00:00:02",
        "STATIC, 00:50:56:00:00:02, 00:0c:29:00:00:01, 00:50:56:00:00:02",
        "' static ', 00:50:56:00:00:02, 00:0c:29:00:00:01, 00:50:56:00:00:02",
        "static, -, 00:0c:29:00:00:01, -",
        "static, ' ', -, -",
        "vpx, -, 00:50:56:80:00:03, 00:50:56:80:00:03",
        "-, -, 00:0c:29:00:00:01, 00:0c:29:00:00:01",
        "-, 00:50:56:00:00:02, -, 00:50:56:00:00:02",
        "-, 00:50:56:00:00:02, ' ', 00:50:56:00:00:02",
        "generated, -, ' 00:0C:29:AB:CD:EF ', 00:0c:29:ab:cd:ef",
        "generated, -, '', -",
        "generated, -, -, -",
      })
  void theAddressThatCountsIsTheOneItsTypeNames(
      String type, String address, String generated, String counted) throws FormatException {
    String lines = "Ethernet0.Present = \"true\"\n";
    lines += type == null ? "" : "ethernet0.addresstype = \"" + type + "\"\n";
    lines += address == null ? "" : "ethernet0.ADDRESS = \"" + address + "\"\n";
    lines += generated == null ? "" : "ethernet0.generatedAddress = \"" + generated + "\"\n";
    assertEquals(counted == null ? List.of() : List.of(counted), addresses(lines));
  }

  @Test
  void anAdapterThatIsNotPresentHasNone() throws FormatException {
    assertEquals(List.of(), addresses("ethernet0.generatedAddress = \"00:0c:29:00:00:01\"\n"));
    assertEquals(
        List.of(),
        addresses(
            "ethernet0.present = \"FALSE\"\nethernet0.generatedAddress = \"00:0c:29:00:00:01\"\n"));
  }

  @Test
  void adaptersComeByNumberHoweverLongItIs() throws FormatException {
    StringBuilder lines = new StringBuilder();
    for (String number : List.of("99999999999999999999", "10", "9", "0", "010", "x", "")) {
      lines.append("ethernet%s.present = \"TRUE\"\n".formatted(number));
      lines.append("ethernet%s.generatedAddress = \"mac%s\"\n".formatted(number, number));
    }
    assertEquals(
        List.of("mac0", "mac9", "mac10", "mac99999999999999999999"), addresses(lines.toString()));
  }
}
