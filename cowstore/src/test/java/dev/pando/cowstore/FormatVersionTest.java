package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.StoreException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is not a store of a known version is left alone. */
final class FormatVersionTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"pando-store 1", "pando-store 4", "pando-store", "something else", ""})
  void anUnknownVersionIsRefused(String version) throws Exception {
    CowStore.open(store(), Machine.options()).close();
    Path format = store().resolve("format");
    List<String> lines = Files.readAllLines(format);
    Files.write(format, List.of(version, lines.get(1)));
    assertEquals(Reason.FORMAT, refusal());
    Files.write(format, lines);
    CowStore.open(store(), Machine.options()).close();
  }

  @Test
  void anEmptyFormatFileIsRefused() throws Exception {
    CowStore.open(store(), Machine.options()).close();
    Files.writeString(store().resolve("format"), "");
    assertEquals(Reason.FORMAT, refusal());
  }

  @Test
  void aDirectoryOfOtherThingsIsRefusedAndLeftAsItWas() throws Exception {
    Files.createDirectory(store());
    Files.writeString(store().resolve("letter.txt"), "Dear reader");
    assertEquals(Reason.FORMAT, refusal());
    assertEquals(List.of("letter.txt"), names());
  }

  @Test
  void aMissingStoreIsNotMadeUnlessAskedFor() throws Exception {
    StoreException refusal =
        assertThrows(
            StoreException.class,
            () -> CowStore.open(store(), Machine.options().withCreate(false)));
    assertEquals(Reason.FORMAT, refusal.reason());
    assertTrue(Files.notExists(store()));
  }

  private Path store() {
    return directory.resolve("store");
  }

  private List<String> names() throws IOException {
    try (var files = Files.list(store())) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  private Reason refusal() {
    return assertThrows(StoreException.class, () -> CowStore.open(store(), Machine.options()))
        .reason();
  }
}
