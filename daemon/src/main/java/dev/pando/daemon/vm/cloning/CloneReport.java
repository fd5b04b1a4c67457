package dev.pando.daemon.vm.cloning;

import dev.pando.daemon.vmware.KeyChange;
import java.util.List;
import java.util.Optional;

/**
 * What came, or would come, of a request for clones.
 *
 * @param names the clones
 * @param files what becomes of each file of the source in the first of them
 * @param warnings sentences about what the clones still share with the source, or do not have
 */
public record CloneReport(List<String> names, List<File> files, List<String> warnings) {
  /** What becomes of a file. */
  public enum Fate {
    /** The clone has it too, and shares its data until one of the two writes. */
    SHARED("shared"),
    /** The same, but for a disk's descriptor inside, which is the clone's own. */
    SHARED_AND_REWRITTEN("shared, rewritten inside"),
    /** The clone has a copy of its own. */
    COPIED("copied"),
    /** The same, but for a disk's descriptor inside. */
    COPIED_AND_REWRITTEN("copied, rewritten inside"),
    /** The clone has its own text. */
    REWRITTEN("rewritten"),
    /** The clone has an empty one. */
    EMPTY("empty"),
    /** The clone does not have it. */
    DROPPED("dropped");

    private final String word;

    Fate(String word) {
      this.word = word;
    }

    /** The word for it on screen and in JSON. */
    public String word() {
      return word;
    }
  }

  /**
   * A file of the source.
   *
   * @param path relative to the source's directory
   * @param clonePath relative to the clone's; nothing if the clone does not have it
   * @param changes the keys whose values are not the source's
   */
  public record File(String path, Optional<String> clonePath, Fate fate, List<KeyChange> changes) {}
}
