package dev.pando.daemon.vmware;

import static dev.pando.daemon.vmware.Fixtures.bytes;
import static dev.pando.daemon.vmware.Fixtures.text;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class VmxDictionaryTest {
  private static VmxDictionary parse(String text) throws FormatException {
    return VmxDictionary.parse(bytes(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {Fixtures.VMX, Fixtures.VMSD, Fixtures.DESCRIPTOR, "", "\n\n", "a", "="})
  void whatIsReadAndNotChangedIsWrittenByteForByte(String file) throws FormatException {
    assertEquals(file, text(parse(file).bytes()));
    String crlf = file.replace("\n", "\r\n");
    assertEquals(crlf, text(parse(crlf).bytes()));
  }

  @Test
  void aByteOrderMarkAndCarriageReturnsSurviveAChange() throws FormatException {
    VmxDictionary dictionary = parse("\uFEFFa = \"1\"\r\nb = \"2\" # two\r\n");
    assertEquals(Optional.of("1"), dictionary.get("a"));
    assertEquals(Optional.of("2"), dictionary.get("b"));
    dictionary.set("b", "3");
    dictionary.set("c", "4");
    assertEquals("\uFEFFa = \"1\"\r\nb = \"3\" # two\r\nc = \"4\"\r\n", text(dictionary.bytes()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "a = \"x|22y|7Cz\"~x\"y|z",
        "a = \"|zz\"~|zz",
        "a = \"||22\"~||22",
        "a = \"|2|22\"~|2|22",
        "a = \"|2\"~|2",
        "a = \"|\"~|",
        "a = \"|4a|4A\"~JJ",
        "a = b # c~b",
        "a = b#c~b",
        "a=b=c~b=c",
        "\t a \t=\t \"b\" \t~b",
        "a = \"b\"# c~b",
        "a = \"#=b\"~#=b",
        "a = b\"c~b\"c",
      })
  void aValueIsReadAsVmwareReadsIt(String line, String value) throws FormatException {
    assertEquals(Optional.of(value), parse(line).get("a"));
    assertEquals(Optional.of(value), parse("x = 1\n" + line + "\r\ny = 2\n").get("A"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a =", "a = ", "a = # c", "a = \"\"", "a=#"})
  void nothingBehindTheEqualsSignIsAnEmptyValue(String line) throws FormatException {
    assertEquals(Optional.of(""), parse(line).get("a"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a = \"b\" junk",
        "a = b c",
        "a \"b\"",
        "// a = b",
        "a = \"b",
        "# a = \"b\"",
        "= b",
        "a b = c"
      })
  void aLineThatIsNotWellFormedIsKeptAndHoldsNoEntry(String line) throws FormatException {
    VmxDictionary dictionary = parse(line + "\nz = \"1\"\n");
    assertEquals(Optional.empty(), dictionary.get("a"));
    dictionary.set("z", "2");
    assertEquals(line + "\nz = \"2\"\n", text(dictionary.bytes()));
  }

  static Stream<Arguments> escapes() {
    return Stream.of(
        arguments("x\"y|z", "x|22y|7Cz"),
        arguments("a\tb", "a\tb"),
        arguments("a\u007Fb", "a|7Fb"),
        arguments("a\nb\rc", "a|0Ab|0Dc"),
        arguments("a\u0000\u0001\u001Fb", "a|00|01|1Fb"),
        arguments("gr\u00fcn", "gr\u00fcn"),
        arguments("\u03c0 \ud83c\udf33", "\u03c0 \ud83c\udf33"));
  }

  @ParameterizedTest
  @MethodSource("escapes")
  void whatAQuotedValueCanNotHoldIsEscaped(String value, String written) throws FormatException {
    VmxDictionary dictionary = parse("");
    dictionary.set("a", value);
    assertEquals("a = \"" + written + "\"\n", text(dictionary.bytes()));
    assertEquals(Optional.of(value), VmxDictionary.parse(dictionary.bytes()).get("a"));
  }

  @Test
  void aChangeKeepsSpellingPlaceBlanksAndComment() throws FormatException {
    VmxDictionary dictionary = parse("  MemSize\t=  512   # MB\nnext = \"1\"\n");
    dictionary.set("memsize", "1024");
    assertEquals("  MemSize\t=  \"1024\"   # MB\nnext = \"1\"\n", text(dictionary.bytes()));
  }

  @Test
  void settingTheSameValueLeavesTheLineAsItIs() throws FormatException {
    VmxDictionary dictionary = parse("a = b\n");
    dictionary.set("a", "b");
    assertEquals("a = b\n", text(dictionary.bytes()));
  }

  @Test
  void aFileWithoutLastLineEndGetsOneBeforeANewEntry() throws FormatException {
    VmxDictionary dictionary = parse("a = \"1\"\r\nb = \"2\"");
    dictionary.set("c", "3");
    assertEquals("a = \"1\"\r\nb = \"2\"\r\nc = \"3\"\r\n", text(dictionary.bytes()));
  }

  @Test
  void removingTakesTheWholeLineAndNothingElse() throws FormatException {
    VmxDictionary dictionary = parse("# one\na = \"1\" # gone\nb = \"2\"\n");
    assertTrue(dictionary.remove("A"));
    assertFalse(dictionary.remove("a"));
    assertEquals("# one\nb = \"2\"\n", text(dictionary.bytes()));
    dictionary.set("a", "3");
    assertEquals("# one\nb = \"2\"\na = \"3\"\n", text(dictionary.bytes()));
  }

  @Test
  void noSecondLineOfANameKeepsAnOldValue() throws FormatException {
    VmxDictionary dictionary = parse("a = \"1\"\nb = \"2\"\nA = \"3\"\n");
    assertEquals(List.of("a"), dictionary.duplicates());
    assertEquals(List.of("a", "b"), dictionary.names());
    dictionary.set("a", "4");
    assertEquals("a = \"4\"\nb = \"2\"\nA = \"4\"\n", text(dictionary.bytes()));
    dictionary.remove("a");
    assertEquals("b = \"2\"\n", text(dictionary.bytes()));
  }

  @Test
  void aDeclaredEncodingIsReadAndKept() throws FormatException {
    Charset windows = Charset.forName("windows-1252");
    String file = ".encoding = \"windows-1252\"\ndisplayName = \"gr\u00fcn\"\nother = \"\u00e9\"\n";
    VmxDictionary dictionary = VmxDictionary.parse(file.getBytes(windows));
    assertEquals(Optional.of("gr\u00fcn"), dictionary.get("displayName"));
    dictionary.set("displayName", "bl\u00e5");
    assertEquals(file.replace("gr\u00fcn", "bl\u00e5"), new String(dictionary.bytes(), windows));
  }

  @Test
  void aValueThatTheEncodingCanNotHoldTurnsTheFileIntoUtf8() throws FormatException {
    Charset gbk = Charset.forName("GBK");
    String file =
        """
        .encoding = "GBK"
        # \u5907\u6ce8
        junk \u5907
        a = "\u4e2d"
        b = |20\u4e2d
        """;
    VmxDictionary dictionary = VmxDictionary.parse(file.getBytes(gbk));
    dictionary.set("c", "gr\u00fcn \ud83c\udf33");
    String expected =
        file.replace("GBK", "UTF-8").replace("|20\u4e2d", "\" \u4e2d\"")
            + "c = \"gr\u00fcn \ud83c\udf33\"\n";
    assertEquals(expected, text(dictionary.bytes()));
  }

  @Test
  void bytesThatAreNotValidInTheirEncodingAreKept() throws FormatException {
    byte[] file = "a = \"\u00ff\u00fe\"\nb = \"1\"\n".getBytes(StandardCharsets.ISO_8859_1);
    VmxDictionary dictionary = VmxDictionary.parse(file);
    dictionary.set("b", "2");
    byte[] expected = "a = \"\u00ff\u00fe\"\nb = \"2\"\n".getBytes(StandardCharsets.ISO_8859_1);
    assertArrayEquals(expected, dictionary.bytes());
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16", "no-such-set", "\u00fc", "x y", "UTF-32", "IBM037"})
  void anEncodingThatCanNotBeUsedIsNamed(String encoding) {
    FormatException refused =
        assertThrows(FormatException.class, () -> parse(".encoding = \"" + encoding + "\"\n"));
    assertTrue(refused.getMessage().contains(encoding), refused.getMessage());
  }

  @Test
  void whatIsNotTextIsRefusedInOneSentence() {
    assertRefused("a = \"1\"\n\0\0\0".getBytes(StandardCharsets.UTF_8), "NUL byte at offset 8");
    assertRefused("a = \"1\"\n".getBytes(StandardCharsets.UTF_16LE), "not text");
    assertRefused(new byte[VmxDictionary.MAX_BYTES + 1], "bytes large");
  }

  private static void assertRefused(byte[] file, String part) {
    FormatException refused = assertThrows(FormatException.class, () -> VmxDictionary.parse(file));
    assertTrue(refused.getMessage().contains(part), refused.getMessage());
  }

  @Test
  void aFileThatBreaksOffIsSeenAsCutOff() throws FormatException {
    assertTrue(parse("").isCutOff());
    assertTrue(parse("just words\n").isCutOff());
    assertTrue(parse("a = \"1\"\nb = \"2").isCutOff());
    assertTrue(parse("a = \"1\"\nbb").isCutOff());
    assertFalse(parse("a = \"1\"\nb = \"2\"").isCutOff());
    assertFalse(parse("a = \"1\"\n# end").isCutOff());
    assertFalse(parse("a = \"1\"\n// end\n").isCutOff());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a=b", "a#b", "a\"b", "a\nb", "\u00fc"})
  void aNameThatNoLineCouldHoldIsAMistakeOfTheCaller(String name) throws FormatException {
    VmxDictionary dictionary = parse("x = \"1\"\n");
    assertThrows(IllegalArgumentException.class, () -> dictionary.set(name, "v"));
    assertEquals("x = \"1\"\n", text(dictionary.bytes()));
  }

  @ParameterizedTest
  @CsvSource({
    "windows-1252, gr\u00fcn \u20ac",
    "windows-1251, \u0448\u043a\u043e\u043b\u0430",
    "GBK, \u4e2d\u6587",
    "utf-8, \u03c0",
    "Shift_JIS, \u8868", // its second byte is a backslash
    "GBK, \u7481", // its second byte is a vertical bar
  })
  void aFileInAnyEncodingRoundTripsAndKeepsIt(String encoding, String text) throws FormatException {
    Charset charset = Charset.forName(encoding);
    VmxDictionary dictionary =
        VmxDictionary.parse(
            (".encoding = \"" + encoding + "\"\r\nx = \"1\"\r\n").getBytes(charset));
    dictionary.set("displayName", text);
    VmxDictionary written = VmxDictionary.parse(dictionary.bytes());
    assertEquals(Optional.of(text), written.get("DISPLAYNAME"));
    assertEquals(Optional.of(encoding), written.get(".encoding"));
    written.set("x", "2");
    written.set("x", "1");
    assertArrayEquals(dictionary.bytes(), written.bytes());
  }
}
