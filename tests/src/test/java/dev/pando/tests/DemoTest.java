package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class DemoTest {
  private static final int LIMIT_SECONDS = 600;

  @Test
  void theDemoRunsAndLeavesNothingBehind() throws Exception {
    Path scratch = Files.createTempDirectory("pando-test-");
    Outcome demo = Pando.command("demo").with("TMPDIR", scratch).within(LIMIT_SECONDS).run();
    System.out.print(demo.out());
    demo.succeeded();
    assertTrue(demo.out().contains("s01 says: guest"), demo.toString());
    assertTrue(demo.out().contains("s02 says: guest"), demo.toString());
    assertTrue(demo.out().contains("is byte for byte what it was"), demo.toString());
    assertFalse(demo.out().contains(scratch.toString()), demo.toString());
    // fails if anything is left in it
    Files.delete(scratch);
  }
}
