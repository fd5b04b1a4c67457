package dev.pando.daemon.vmware;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Files as large as they may be, made to cost as much time as they can: it stays in proportion. */
class LargeFileTest {
  /** A hundred times what it takes; what grows with the square of a size takes minutes. */
  private static final Duration BOUND = Duration.ofSeconds(10);

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final CloneRewrite CLONE =
      new CloneRewrite("s01", Fixtures.IDENTITY, Renaming.of("golden", "\u03c0"));

  /** What a processor works for it counts, for that is the same beside other work. */
  private static void requireLittle(Executable work, String... what) {
    long before = THREADS.getCurrentThreadCpuTime();
    assertDoesNotThrow(work);
    Duration took = Duration.ofNanos(THREADS.getCurrentThreadCpuTime() - before);
    assertTrue(took.compareTo(BOUND) < 0, () -> took + " " + List.of(what));
  }

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
    requireLittle(
        () -> {
          Rewritten clone = CLONE.configuration(Fixtures.bytes(entries));
          assertEquals(Optional.of(""), VmxDictionary.parse(clone.bytes()).get("scsi39999:0.redo"));
        });
  }

  @Test
  void oneEntryManyTimes() {
    byte[] file = Fixtures.bytes(fill("", "a=b\n", ""));
    requireLittle(() -> CLONE.configuration(file));
  }

  @Test
  void manyExtents() {
    byte[] file =
        Fixtures.bytes(
            fill("version=1\nencoding=\"windows-1252\"\n", "RW 1 FLAT \"golden.x\" 0\n", ""));
    requireLittle(() -> CLONE.descriptor("golden.vmdk", file));
  }

  @Test
  void longLines() {
    byte[] quotes = Fixtures.bytes(fill("version=1\nRW 1 FLAT ", "\"", ""));
    requireLittle(() -> assertThrows(FormatException.class, () -> VmdkDescriptor.parse(quotes)));
    byte[] blanks = Fixtures.bytes(fill("version=1\nRW 1 FLAT ", " ", "x"));
    requireLittle(() -> assertThrows(FormatException.class, () -> VmdkDescriptor.parse(blanks)));
  }

  @Test
  void tagsThatNeverEnd() {
    byte[] tags = Fixtures.bytes(fill("<Foundry></Foundry>", "<VMId", ""));
    requireLittle(() -> CLONE.supplement(tags, "golden.vmx"));
    byte[] references =
        Fixtures.bytes(fill("<Foundry><vmxPathName>", "&", "</vmxPathName></Foundry>"));
    requireLittle(() -> CLONE.supplement(references, "golden.vmx"));
  }

  @Test
  void tagsThatEndLate() {
    for (String tag : List.of("<VMId", "<VMId ", "<VMId>", "<vmxPathName\n")) {
      byte[] tags = Fixtures.bytes(fill("<Foundry>", tag, "></x></Foundry>"));
      requireLittle(() -> CLONE.supplement(tags, "golden.vmx"));
    }
  }

  @Test
  void manyAdaptersDrivesAndPorts() {
    for (String piece :
        List.of(
            "ethernet%d.present = \"FALSE\"\n",
            "floppy%d.fileName = \"/dev/fd0\"\n",
            "uuid.location = \"%d\"\n",
            "serial%d.fileName = \"x\"\nvc.uuid = 1\n")) {
      String lines =
          IntStream.range(0, VmxDictionary.MAX_BYTES / (piece.length() + 6))
              .mapToObj(piece::formatted)
              .collect(Collectors.joining());
      requireLittle(() -> CLONE.configuration(Fixtures.bytes(lines)), piece);
    }
  }

  @Test
  void removedLinesBeforeManyNewOnes() {
    String removed = "vc.uuid=\n".repeat(60_000);
    String lines =
        IntStream.range(0, 20_000)
            .mapToObj("floppy%d.fileName=/d\n"::formatted)
            .collect(Collectors.joining());
    requireLittle(() -> CLONE.configuration(Fixtures.bytes(removed + lines)));
  }

  @Test
  void manySnapshots() {
    String lines =
        IntStream.range(0, 30_000)
            .mapToObj("snapshot%1$d.uid = \"%1$d\"\n"::formatted)
            .collect(Collectors.joining());
    requireLittle(() -> assertEquals(30_000, Vmsd.parse(Fixtures.bytes(lines)).snapshots().size()));
  }

  @Test
  void metadataWithoutEnd() {
    for (String piece :
        List.of(
            "{\"instance-id\":",
            "instance-id: ",
            "\n \t",
            "{ \t",
            ",",
            "{\"instance-id\": \"\\x",
            "{\"instance-id\":\"\\\\")) {
      VmxDictionary file = assertDoesNotThrow(() -> VmxDictionary.parse(new byte[0]));
      file.set("guestinfo.metadata", piece.repeat(300_000 / piece.length()));
      byte[] vmx = file.bytes();
      requireLittle(() -> CLONE.configuration(vmx), piece);
    }
    byte[] notes = Fixtures.bytes(fill("annotation = \"", "|0A", "\"\n"));
    CloneOrigin origin = new CloneOrigin("golden", 1, Instant.EPOCH);
    CloneRewrite noted =
        new CloneRewrite("s01", Fixtures.IDENTITY, Renaming.none(), Optional.of(origin));
    requireLittle(() -> noted.configuration(notes));
  }
}
