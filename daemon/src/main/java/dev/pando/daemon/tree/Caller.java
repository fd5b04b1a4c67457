package dev.pando.daemon.tree;

import dev.pando.daemon.host.ProcessFiles;
import java.io.IOException;
import java.util.List;

/**
 * Who makes a request. Immutable.
 *
 * @param userId effective user id
 * @param groupId effective group id
 * @param processId as the daemon's process id namespace sees it; 0 if unknown
 * @param umask bits to clear from the mode of what is made; 0 if already cleared
 */
public record Caller(int userId, int groupId, int processId, int umask) {
  /** One of whom nothing is known: not root, and in no group. */
  static final Caller STRANGER = new Caller(-1, -1, 0, 0);

  private static final String SUPPLEMENTARY = "Groups";

  /**
   * Whether the caller is root or in a group, be it a supplementary one, which the kernel does not
   * tell with a request; a caller who can not be asked any more is not.
   */
  boolean isIn(int group) {
    return userId == 0 || groupId == group || isInSupplementary(Integer.toUnsignedString(group));
  }

  private boolean isInSupplementary(String group) {
    if (processId <= 0) {
      return false;
    }
    try {
      String groups = ProcessFiles.of(processId).status(SUPPLEMENTARY).orElse("");
      return List.of(groups.split(" ")).contains(group);
    } catch (IOException unknown) {
      return false;
    }
  }
}
