package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that has no descriptor left goes on with what it has, and with all of it later. */
final class DescriptorLimitTest {
  private static final int LIMIT = 200;

  @TempDir Path directory;

  @Test
  void aShortageOfDescriptorsRefusesWhatNeedsOneAndNothingElse() throws Exception {
    Process process =
        ChildJvm.startWithin(
            LIMIT, directory, DescriptorHoarder.class, directory.resolve("store").toString());
    String answer =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertEquals(0, process.waitFor());
    assertEquals("READY", answer);
    CheckReport report = CowStore.check(directory.resolve("store"), false);
    assertEquals(List.of(), report.damage());
  }
}
