package dev.pando.cowstore;

import java.util.List;

/**
 * What a scrub has found.
 *
 * @param readBytes data that was read
 * @param verifiedBytes of these, what has the checksum that it should have
 * @param pendingBytes what can not change any more, and has no checksum yet
 * @param changingBytes what can still be changed in place, and so has none
 * @param pages map pages that were read, each of which has a checksum
 * @param damages what was found damaged; not more than {@link #MOST_DAMAGES}
 * @param moreDamages whether there was more
 */
public record ScrubReport(
    long readBytes,
    long verifiedBytes,
    long pendingBytes,
    long changingBytes,
    long pages,
    List<Damage> damages,
    boolean moreDamages) {
  /** So many are told of. */
  public static final int MOST_DAMAGES = 1000;

  /**
   * A part of a file that is not what it was.
   *
   * @param fileId the file; 0 if no file has it: what is about to be freed
   * @param kind what is wrong with it
   */
  public record Damage(long fileId, long offset, long lengthBytes, Kind kind) {}

  /** What is wrong. */
  public enum Kind {
    /** Data does not have its checksum. */
    CHANGED,
    /** Data could not be read. */
    UNREADABLE,
    /** A page of the map that says where data lies. */
    MAP
  }
}
