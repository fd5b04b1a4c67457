package dev.pando.daemon.vmware;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.time.Duration;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Files as large as they may be, made to cost as much time as they can: it stays in proportion. */
class LargeFileTest {
  private static final Duration BOUND = Duration.ofSeconds(10);
  private static final CloneRewrite CLONE =
      new CloneRewrite("s01", Fixtures.IDENTITY, Renaming.of("golden", "\u03c0"));

  private static String fill(String start, String piece, String end) {
    int room = VmxDictionary.MAX_BYTES - start.length() - end.length();
    return start + piece.repeat(room / piece.length()) + end;
  }

  @Test
  void manyEntries() {
    String entries =
        IntStream.range(0, 40_000)
            .mapToObj(i -> "scsi" + i + ":0.redo = \"x\"\n")
            .collect(Collectors.joining("", ".encoding = \"GBK\"\n", ""));
    assertTimeout(
        BOUND,
        () -> {
          Rewritten clone = CLONE.configuration(Fixtures.bytes(entries));
          assertEquals(Optional.of(""), VmxDictionary.parse(clone.bytes()).get("scsi39999:0.redo"));
        });
  }

  @Test
  void oneEntryManyTimes() {
    byte[] file = Fixtures.bytes(fill("", "a=b\n", ""));
    assertTimeout(BOUND, () -> CLONE.configuration(file));
  }

  @Test
  void manyExtents() {
    byte[] file =
        Fixtures.bytes(
            fill("version=1\nencoding=\"windows-1252\"\n", "RW 1 FLAT \"golden.x\" 0\n", ""));
    assertTimeout(BOUND, () -> CLONE.descriptor("golden.vmdk", file));
  }

  @Test
  void longLines() {
    byte[] quotes = Fixtures.bytes(fill("version=1\nRW 1 FLAT ", "\"", ""));
    assertTimeout(
        BOUND, () -> assertThrows(FormatException.class, () -> VmdkDescriptor.parse(quotes)));
    byte[] blanks = Fixtures.bytes(fill("version=1\nRW 1 FLAT ", " ", "x"));
    assertTimeout(
        BOUND, () -> assertThrows(FormatException.class, () -> VmdkDescriptor.parse(blanks)));
  }

  @Test
  void tagsThatNeverEnd() {
    byte[] tags = Fixtures.bytes(fill("<Foundry></Foundry>", "<VMId", ""));
    assertTimeout(BOUND, () -> CLONE.supplement(tags, "golden.vmx"));
    byte[] references =
        Fixtures.bytes(fill("<Foundry><vmxPathName>", "&", "</vmxPathName></Foundry>"));
    assertTimeout(BOUND, () -> CLONE.supplement(references, "golden.vmx"));
  }
}
