package dev.pando.daemon.vmware;

import static dev.pando.daemon.vmware.Fixtures.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VmsdTest {
  private static Vmsd parse(String text) throws FormatException {
    return Vmsd.parse(bytes(text));
  }

  @Test
  void aSnapshotIsReadWithAllItSays() throws FormatException {
    Vmsd list = parse(Fixtures.VMSD);
    assertEquals(
        List.of(
            new Vmsd.Snapshot(
                1,
                Optional.empty(),
                "before",
                Optional.of(Instant.parse("2022-11-28T15:24:12.664346Z")),
                Optional.of("golden-Snapshot1.vmsn"))),
        list.snapshots());
    assertEquals(Optional.of(1), list.currentUid());
  }

  @Test
  void indexesAreNeitherUidsNorATree() throws FormatException {
    Vmsd list =
        parse(
            """
            snapshot.lastUID = "4"
            snapshot.current = "2"
            Snapshot1.uid = "2"
            snapshot1.parent = "4"
            snapshot0.UID = "4"
            snapshot.numSnapshots = "2"
            """);
    assertEquals(List.of(4, 2), list.snapshots().stream().map(Vmsd.Snapshot::uid).toList());
    assertEquals(Optional.of(4), list.snapshots().get(1).parentUid());
    assertEquals(Optional.of(2), list.currentUid());
  }

  @ParameterizedTest
  @CsvSource({
    "310596, 938781285, 2012-04-09T19:43:21.049701Z",
    "388801, -814770620, 2022-12-01T10:37:39.848772Z",
    "388801, 3480196676, 2022-12-01T10:37:39.848772Z",
    "395812, 404635648, 2023-11-14T22:13:20Z",
    "0, 0, 1970-01-01T00:00:00Z",
    "2147483647, -1, +294247-01-10T04:00:54.775807Z",
  })
  void timesAreMicrosecondsInTwoHalvesOfWhichTheLowerIsSigned(String high, String low, Instant time)
      throws FormatException {
    assertEquals(Optional.of(time), only("createTimeHigh", high, "createTimeLow", low).time());
  }

  @ParameterizedTest
  @CsvSource({
    "1, x",
    "-1, 0",
    "2147483648, 0",
    "1, 4294967296",
    "1, 99999999999999999999",
    "'', ''"
  })
  void aTimeThatIsNoneIsNoTime(String high, String low) throws FormatException {
    assertEquals(Optional.empty(), only("createTimeHigh", high, "createTimeLow", low).time());
  }

  private static Vmsd.Snapshot only(String... entries) throws FormatException {
    StringBuilder file = new StringBuilder("snapshot0.uid = \"1\"\n");
    for (int i = 0; i < entries.length; i += 2) {
      file.append("snapshot0.%s = \"%s\"\n".formatted(entries[i], entries[i + 1]));
    }
    return parse(file.toString()).snapshots().get(0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "snapshot.numSnapshots = \"2147483648\"\n",
        "snapshot.numSnapshots = \"-1\"\n",
        "snapshot0.uid = \"\"\n",
        "snapshot0.uid = \"99999999999\"\n",
        "snapshot0.uid = \"-1\"\n",
        "snapshot00.uid = \"1\"\n",
        "snapshot9999999999.uid = \"1\"\n",
        "snapshot0.displayName = \"no uid\"\n",
      })
  void whatHasNoEntryIsNoSnapshotWhateverTheirNumberIsSaidToBe(String file) throws FormatException {
    assertEquals(List.of(), parse(file).snapshots());
    assertEquals(Optional.empty(), parse(file).notCloned());
  }

  @Test
  void theListDoesNotEndAtAMissingEntryOrAFalseNumber() throws FormatException {
    Vmsd list = parse("snapshot3.uid = \"7\"\nsnapshot.numSnapshots = \"0\"\n");
    assertEquals(1, list.snapshots().size());
    assertEquals("", list.snapshots().get(0).displayName());
  }

  @Test
  void aNameIsReadInItsEncoding() throws FormatException {
    byte[] file =
        bytes(".encoding = \"windows-1252\"\nsnapshot0.uid=1\nsnapshot0.displayName = \"?\"");
    file[file.length - 2] = (byte) 0xFC;
    assertEquals("\u00fc", Vmsd.parse(file).snapshots().get(0).displayName());
  }

  @Test
  void aCloneSaysWhichSnapshotsItDoesNotGet() throws FormatException {
    assertEquals(
        Optional.of("The template has 1 snapshot that the clone does not get: \"before\"."),
        parse(Fixtures.VMSD).notCloned());
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 5; i++) {
      many.append(
          "snapshot%d.uid = \"%d\"\nsnapshot%d.displayName = \"s%d\"\n".formatted(i, i, i, i));
    }
    assertEquals(
        Optional.of(
            "The template has 5 snapshots that the clone does not get: \"s0\", \"s1\", \"s2\" and 2"
                + " more."),
        parse(many.toString()).notCloned());
  }

  @Test
  void theSentenceIsBoundedAndHoldsNoControlCharacters() throws FormatException {
    StringBuilder file = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      file.append("snapshot%d.uid=%d\nsnapshot%d.displayName = \"|1B|0A".formatted(i, i, i))
          .append("\ud83c\udf33".repeat(5000))
          .append("\"\n");
    }
    String sentence = parse(file.toString()).notCloned().orElseThrow();
    assertTrue(sentence.length() < 400, sentence);
    assertTrue(sentence.chars().noneMatch(Character::isISOControl));
    assertTrue(sentence.contains("\ud83c\udf33...\""), sentence);
  }

  @Test
  void whatIsNoTextIsRefused() {
    assertThrows(FormatException.class, () -> Vmsd.parse(new byte[10]));
    assertThrows(FormatException.class, () -> Vmsd.parse(new byte[VmxDictionary.MAX_BYTES + 1]));
  }
}
