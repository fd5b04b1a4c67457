package dev.pando.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;

/**
 * What can be the name of a VM: a path below a mount's root, such as {@code course/s01}. The daemon
 * checks again; here a bad name is refused before a daemon is needed.
 */
final class VmName {
  /** NAME_MAX of Linux. */
  private static final int COMPONENT_LIMIT_BYTES = 255;

  private VmName() {}

  /**
   * Returns the name as it came.
   *
   * @throws ControlException with {@link ExitStatus#USAGE} if no directory could have this name
   */
  static String checked(String name) throws ControlException {
    if (name.isEmpty()) {
      throw refused(name, "it is empty");
    }
    checkCharacters(name);
    for (String component : name.split("/", -1)) {
      if (component.isEmpty()) {
        throw refused(name, "it has an empty component");
      }
      if (component.equals(".") || component.equals("..")) {
        throw refused(name, "'" + component + "' can not be a component");
      }
      int length = component.getBytes(UTF_8).length;
      if (length > COMPONENT_LIMIT_BYTES) {
        throw refused(
            name,
            "a component is "
                + length
                + " bytes long and "
                + COMPONENT_LIMIT_BYTES
                + " is the limit");
      }
    }
    return name;
  }

  /** Refuses control characters, which neither a name nor a path that means one can have. */
  static void checkCharacters(String name) throws ControlException {
    if (name.codePoints().anyMatch(Character::isISOControl)) {
      throw refused(name, "it contains a control character");
    }
  }

  private static ControlException refused(String name, String why) {
    return new ControlException(
        ExitStatus.USAGE, "'" + Sentences.printable(name) + "' can not be a VM's name: " + why);
  }
}
