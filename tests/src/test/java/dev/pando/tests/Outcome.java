package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;

/** What a program left: its exit code and what it printed. */
public record Outcome(List<String> command, int exitCode, String out, String err) {
  /** Fails the test unless the program exited with 0. */
  public Outcome succeeded() {
    assertEquals(0, exitCode, this::toString);
    return this;
  }

  /** Fails the test unless Pando refused with this code and one sentence, which is returned. */
  public String refusedWith(int code) {
    assertEquals(code, exitCode, this::toString);
    assertEquals("", out, this::toString);
    assertEquals(1, err.lines().count(), this::toString);
    assertTrue(err.startsWith("pando: "), this::toString);
    assertFalse(err.contains("Exception"), this::toString);
    return err.strip().substring("pando: ".length());
  }

  @Override
  public String toString() {
    return String.join(" ", command) + "\nexit code " + exitCode + "\n" + out + err;
  }
}
