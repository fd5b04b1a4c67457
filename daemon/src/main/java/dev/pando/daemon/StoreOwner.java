package dev.pando.daemon;

import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import dev.pando.daemon.host.HostUser;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A store is opened by the user to whom its directory belongs, and by nobody else. Not by root
 * either: files that root makes in it would shut its owner out.
 */
final class StoreOwner {
  private StoreOwner() {}

  /**
   * Looks whose {@code store} is, if it is there.
   *
   * @throws ControlException REFUSED if it is another user's
   */
  static void check(Path store) throws ControlException {
    try {
      int owner = (Integer) Files.getAttribute(store, "unix:uid");
      if (owner != HostUser.current().uid()) {
        throw refused(
            "the store %s belongs to user %s, who alone can mount it"
                .formatted(store, Integer.toUnsignedString(owner)));
      }
    } catch (AccessDeniedException e) {
      throw refused("the store " + store + " may not be reached by this user");
    } catch (IOException e) {
      // there is none yet: opening it says what else may be wrong
    }
  }

  private static ControlException refused(String sentence) {
    return new ControlException(ExitStatus.REFUSED, sentence);
  }
}
