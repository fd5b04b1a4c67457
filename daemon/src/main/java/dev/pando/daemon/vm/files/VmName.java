package dev.pando.daemon.vm.files;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A VM's name: its path below the mount's root, components joined by {@code /}. A value.
 *
 * @param components at least one, each good as the name of a directory
 */
public record VmName(List<String> components) {
  private static final int COMPONENT_MAX_BYTES = 255;

  /** PATH_MAX less its NUL. */
  private static final int NAME_MAX_BYTES = 4095;

  /** Reads a name; USAGE, and why, if no VM can have it. */
  public static VmName parse(String text) throws MachineException {
    if (text.isEmpty()) {
      throw MachineException.usage("A VM's name can not be empty.");
    }
    if (text.chars().anyMatch(Character::isISOControl)) {
      throw bad(text, "holds a control character");
    }
    if (bytes(text).length > NAME_MAX_BYTES) {
      throw bad(text, "is longer than " + NAME_MAX_BYTES + " bytes");
    }
    List<String> components = List.of(text.split("/", -1));
    for (String component : components) {
      check(text, component);
    }
    return new VmName(components);
  }

  private static void check(String text, String component) throws MachineException {
    if (component.isEmpty()) {
      throw bad(text, "has an empty component; a name neither begins nor ends with a slash");
    }
    if (component.equals(".") || component.equals("..")) {
      throw bad(text, "has the component \"" + component + "\"; a name is a plain path");
    }
    if (bytes(component).length > COMPONENT_MAX_BYTES) {
      throw bad(text, "has a component longer than " + COMPONENT_MAX_BYTES + " bytes");
    }
  }

  private static MachineException bad(String text, String why) {
    return MachineException.usage("The name \"" + shown(text) + "\" " + why + ". Choose another.");
  }

  /** A name as it can be printed whatever is in it. */
  private static String shown(String text) {
    String visible = text.replaceAll("\\p{Cntrl}", "?");
    return visible.length() > 80 ? visible.substring(0, 80) + "..." : visible;
  }

  /** A component as the tree's entries have it. */
  public static byte[] bytes(String component) {
    return component.getBytes(StandardCharsets.UTF_8);
  }

  /** The last component: what the VM's directory is called. */
  public String last() {
    return components.get(components.size() - 1);
  }

  @Override
  public String toString() {
    return String.join("/", components);
  }
}
