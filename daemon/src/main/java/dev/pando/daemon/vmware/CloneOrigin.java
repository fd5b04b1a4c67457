package dev.pando.daemon.vmware;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Where a clone comes from, as its notes tell it.
 *
 * @param template the template's name
 * @param generation the number of the frozen state it was made of; 0 if that was no template
 * @param time when
 */
public record CloneOrigin(String template, long generation, Instant time) {
  private static final String BEGINNING = "Pando: clone of ";

  /** The line in the notes. */
  String line() {
    return BEGINNING
        + template.replaceAll("\\p{Cc}", " ")
        + (generation == 0 ? "" : ", generation " + generation)
        + ", "
        + time.truncatedTo(ChronoUnit.SECONDS);
  }

  /**
   * {@code annotation} with this origin as its last line. A clone of a clone names the clone it was
   * made of, and no older origin.
   */
  String appendedTo(String annotation) {
    StringBuilder notes = new StringBuilder();
    for (String line : annotation.split("(?<=\n)", -1)) {
      if (!line.startsWith(BEGINNING)) {
        notes.append(line);
      }
    }
    boolean needsLineEnd = notes.length() > 0 && notes.charAt(notes.length() - 1) != '\n';
    return notes + (needsLineEnd ? "\n" : "") + line();
  }
}
